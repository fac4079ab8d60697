package io.spprof.it;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/**
 * A virtual machine in which the profiled JVMs run, while the tests run outside. {@code
 * .ci/aarch64} starts one and sets the system property {@code spprof.it.machine}. The machine sees
 * the tests' files under the same paths. It forwards loopback ports: one to {@code
 * machine_server.c}, which starts programs and reads /proc; and for each JVM that runs tests, its
 * forks, one to the JMX connector of a target. So each fork can run only one target with a
 * connector at a time. The property's value is {@code
 * SERVER_PORT,JMX_PORT,ADDRESS,JAVA_HOME,FEATURE}: the server's port, the first fork's port for JMX
 * (the next fork has the next number), the machine's own address, and the JDK inside with its
 * feature release.
 */
final class Machine {

  private static final Machine GIVEN = parse(System.getProperty("spprof.it.machine", ""));

  private static final int NO_SUCH_FILE = -2;
  private static final int NO_SUCH_PROCESS = -3;

  /** The machine that the build names; null if the targets run on this machine. */
  static Machine given() {
    return GIVEN;
  }

  private final int serverPort;
  private final int jmxPort;
  private final String address;
  private final Path javaHome;
  private final int feature;

  /** The connection for questions; opened by the first one. */
  private Socket questions;

  private Machine(String[] parts) {
    serverPort = Integer.parseInt(parts[0]);
    int fork = Integer.parseInt(System.getProperty("spprof.it.fork"));
    jmxPort = Integer.parseInt(parts[1]) + fork - 1;
    address = parts[2];
    javaHome = Path.of(parts[3]);
    feature = Integer.parseInt(parts[4]);
  }

  private static Machine parse(String text) {
    return text.isEmpty() ? null : new Machine(text.split(","));
  }

  /** The port of this fork's JMX connector, outside and inside. */
  int jmxPort() {
    return jmxPort;
  }

  /** The address at which servers in the machine listen. */
  String address() {
    return address;
  }

  /** The JDK inside. */
  Path javaHome() {
    return javaHome;
  }

  /** The JVM's launcher inside. */
  Path java() {
    return javaHome.resolve("bin/java");
  }

  /** The feature release of the JVM inside. */
  int feature() {
    return feature;
  }

  /** The content of a file of the machine, for instance in /proc. */
  byte[] read(Path file) throws IOException {
    return ask("read " + file);
  }

  /** The names in a directory of the machine. */
  List<String> list(Path directory) throws IOException {
    return new String(ask("list " + directory), StandardCharsets.UTF_8).lines().toList();
  }

  /** The CPU time of a process of the machine, ns. */
  long cpuNanos(long pid) {
    try {
      return Long.parseLong(new String(ask("clock " + pid), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private synchronized byte[] ask(String question) throws IOException {
    if (questions == null) {
      questions = connect();
    }
    questions.getOutputStream().write((question + "\n").getBytes(StandardCharsets.UTF_8));
    InputStream in = questions.getInputStream();
    int size = readNumber(in);
    switch (size) {
      case NO_SUCH_FILE -> throw new NoSuchFileException(question);
      case NO_SUCH_PROCESS -> throw new IOException(question + ": No such process");
      default -> {
        if (size < 0) {
          throw new IOException(question + ": error " + -size);
        }
      }
    }
    byte[] bytes = in.readNBytes(size);
    if (bytes.length < size) {
      throw new IOException(question + ": the machine gave no whole answer");
    }
    return bytes;
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), serverPort);
    socket.setTcpNoDelay(true);
    return socket;
  }

  private static int readNumber(InputStream in) throws IOException {
    StringBuilder digits = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the machine has closed the connection");
      }
      digits.append((char) c);
    }
    return Integer.parseInt(digits.toString());
  }

  /** Starts a program in the machine: a path, or a name to be looked for in the machine's PATH. */
  Process start(Path directory, List<String> command) throws IOException {
    return start(directory, Map.of(), command);
  }

  /** Starts a program in the machine with variables added to its environment. */
  Process start(Path directory, Map<String, String> environment, List<String> command)
      throws IOException {
    List<String> strings = new ArrayList<>(List.of(directory.toString()));
    if (!environment.isEmpty()) {
      // env becomes the program itself, so the process id is the program's.
      strings.addAll(List.of("/bin/busybox", "env"));
      environment.forEach((key, value) -> strings.add(key + "=" + value));
    }
    strings.addAll(command);
    StringBuilder order = new StringBuilder("run " + strings.size() + "\n");
    strings.forEach(string -> order.append(string).append('\0'));
    Socket socket = connect();
    socket.getOutputStream().write(order.toString().getBytes(StandardCharsets.UTF_8));
    return new Running(socket, readNumber(socket.getInputStream()));
  }

  /** A program that runs in the machine. */
  private static final class Running extends Process {

    private final Socket socket;
    private final long pid;
    private final OutputStream in;
    private final PipedInputStream out = new PipedInputStream(1 << 16);
    private final PipedInputStream err = new PipedInputStream(1 << 16);
    private final CompletableFuture<Integer> status = new CompletableFuture<>();

    Running(Socket socket, long pid) throws IOException {
      this.socket = socket;
      this.pid = pid;
      this.in = socket.getOutputStream();
      PipedOutputStream toOut = new PipedOutputStream(out);
      PipedOutputStream toErr = new PipedOutputStream(err);
      Thread relay = new Thread(() -> relay(toOut, toErr), "relay of " + pid);
      relay.setDaemon(true);
      relay.start();
    }

    private void relay(PipedOutputStream toOut, PipedOutputStream toErr) {
      int ended = -1; // if the connection breaks
      try (socket;
          toOut;
          toErr;
          DataInputStream frames = new DataInputStream(socket.getInputStream())) {
        int type;
        do {
          type = frames.readByte();
          byte[] bytes = new byte[Integer.reverseBytes(frames.readInt())];
          frames.readFully(bytes);
          switch (type) {
            case 0 -> ended = Integer.parseInt(new String(bytes, StandardCharsets.UTF_8));
            case 1 -> write(toOut, bytes);
            default -> write(toErr, bytes);
          }
        } while (type != 0);
      } catch (IOException e) {
        // The machine or this program has closed the connection: the status says so.
      } finally {
        status.complete(ended);
      }
    }

    private static void write(PipedOutputStream to, byte[] bytes) throws IOException {
      to.write(bytes);
      to.flush();
    }

    @Override
    public OutputStream getOutputStream() {
      return in;
    }

    @Override
    public InputStream getInputStream() {
      return out;
    }

    @Override
    public InputStream getErrorStream() {
      return err;
    }

    @Override
    public long pid() {
      return pid;
    }

    @Override
    public int waitFor() throws InterruptedException {
      CountDownLatch ended = new CountDownLatch(1);
      status.thenRun(ended::countDown);
      ended.await();
      return exitValue();
    }

    @Override
    public int exitValue() {
      if (!status.isDone()) {
        throw new IllegalThreadStateException("the program runs");
      }
      return status.join();
    }

    /** Kills the program: the server does so if its client goes away. */
    @Override
    public void destroy() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
