package io.spprof.it.load;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import java.util.zip.CRC32;

/**
 * A load of threads that send each other blocks with a checksum through blocking channels: pipes,
 * sockets, a child's standard streams, files. Another thread is busy and blocks SIGPROF. An
 * incomplete block, or an exception, fails the whole workload. The question "transfers" is answered
 * with the number of blocks that arrived.
 */
public final class Transfers {

  private static final int LARGEST = 200_000; // more than the buffers of a pipe and a socket
  private static final int HEADER = 12;

  private static final Map<String, LongAdder> BLOCKS = new ConcurrentHashMap<>();

  /** Something that may block. */
  private interface Task {
    void run() throws IOException, InterruptedException;
  }

  private Transfers() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    Deaf.start();
    Pipe pipe = Pipe.open();
    connect("pipe", Channels.newInputStream(pipe.source()), Channels.newOutputStream(pipe.sink()));
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
      Socket accepted = server.accept();
      accepted.setSoTimeout(30_000); // reads with a time limit use another code path
      connect("socket", accepted.getInputStream(), client.getOutputStream());
    }
    Process cat = new ProcessBuilder("cat").start();
    connect("child", cat.getInputStream(), cat.getOutputStream());
    // The file is in the working directory, where it may stay. A file that is deleted at exit would
    // make the thread fail.
    repeat("file", () -> throughAFile(Path.of("transfers.bin")));
    Control.serve(Map.of("transfers", Transfers::transfers, "pester", Pester::everyThread));
  }

  private static void connect(String kind, InputStream in, OutputStream out) {
    int[] number = new int[2];
    repeat(kind + "-reader", () -> check(kind, number[0]++, in));
    repeat(kind + "-writer", () -> send(number[1]++, out));
  }

  private static void throughAFile(Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      send(1, out);
    }
    try (InputStream in = Files.newInputStream(file)) {
      check("file", 1, in);
    }
  }

  private static void send(int number, OutputStream out) throws IOException {
    int size = 1 + (int) ((Spin.steps(number + 1L, 3) >>> 1) % LARGEST);
    byte[] block = new byte[HEADER + size];
    for (int i = HEADER; i < block.length; i++) {
      block[i] = (byte) (i * 31 + number);
    }
    ByteBuffer.wrap(block).putInt(number).putInt(size).putInt(sum(block));
    out.write(block);
    out.flush();
  }

  private static void check(String kind, int number, InputStream in) throws IOException {
    ByteBuffer header = ByteBuffer.wrap(in.readNBytes(HEADER));
    if (header.capacity() != HEADER || header.getInt() != number) {
      throw new IllegalStateException(kind + ": no block " + number);
    }
    byte[] block = new byte[HEADER + header.getInt()];
    int sum = header.getInt();
    int read = in.readNBytes(block, HEADER, block.length - HEADER);
    if (read != block.length - HEADER || sum != sum(block)) {
      throw new IllegalStateException(kind + ": block " + number + " is not whole");
    }
    BLOCKS.computeIfAbsent(kind, key -> new LongAdder()).increment();
  }

  private static int sum(byte[] block) {
    CRC32 sum = new CRC32();
    sum.update(block, HEADER, block.length - HEADER);
    return (int) sum.getValue();
  }

  private static void repeat(String name, Task task) {
    Control.daemon(
        name,
        () -> {
          try {
            while (true) {
              task.run();
            }
          } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(name, e);
          }
        });
  }

  private static String transfers() {
    return new TreeMap<>(BLOCKS)
        .entrySet().stream()
            .map(kind -> kind.getKey() + "=" + kind.getValue().sum())
            .collect(Collectors.joining(" "));
  }
}
