package io.spprof.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;

/**
 * The socket on which a JVM listens for attach requests, on Linux. A JVM listens from the first
 * request on. The JDK's attach API uses the same socket, but it first loads some 150 classes, which
 * takes a large part of the CPU time of a short command. This class only asks a JVM that already
 * listens. It sends no signal. {@link LocalJvm} does everything else.
 */
final class AttachSocket {

  /** The request for the agent properties: protocol version, command, three empty arguments. */
  private static final byte[] REQUEST =
      "1\0agentProperties\0\0\0\0".getBytes(StandardCharsets.ISO_8859_1);

  /** How the answer to a successful request begins. */
  private static final byte[] SUCCESS = {'0', '\n'};

  private static final int MOST_BYTES = 1 << 16;

  /** The bits of a file's mode for users other than the owner. */
  private static final int OF_OTHERS = 077;

  private final Path file;
  private final String owner;

  /**
   * Creates the object. Does not connect.
   *
   * @param file the file of the socket, which need not exist
   * @param owner the number of the user that the JVM runs as
   */
  AttachSocket(Path file, String owner) {
    this.file = file;
    this.owner = owner;
  }

  /**
   * Asks the JVM for one of its agent properties. The call blocks while the JVM does not answer.
   *
   * @return "" if the JVM has no such property, does not listen, or refuses the request
   */
  String agentProperty(String key) {
    try {
      return isOfOwner() ? properties(answer()).getProperty(key, "") : "";
    } catch (IOException | IllegalArgumentException e) {
      return ""; // The JDK's attach API will report the problem.
    }
  }

  /** Returns whether the JVM's user made the socket, and no other user may use it. */
  private boolean isOfOwner() throws IOException {
    Map<String, Object> found =
        Files.readAttributes(file, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
    return found.get("uid").toString().equals(owner)
        && ((Integer) found.get("mode") & OF_OTHERS) == 0;
  }

  /**
   * Sends the request and reads the answer until its end.
   *
   * @throws IOException also if the answer is longer than 64 KiB
   */
  private byte[] answer() throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(file))) {
      ByteBuffer request = ByteBuffer.wrap(REQUEST);
      while (request.hasRemaining()) {
        channel.write(request);
      }
      ByteBuffer answer = ByteBuffer.allocate(MOST_BYTES);
      while (channel.read(answer) >= 0) {
        if (!answer.hasRemaining()) {
          throw new IOException("the answer is too long");
        }
      }
      return Arrays.copyOf(answer.array(), answer.position());
    }
  }

  private static Properties properties(byte[] answer) throws IOException {
    Properties properties = new Properties();
    if (answer.length >= SUCCESS.length
        && Arrays.equals(answer, 0, SUCCESS.length, SUCCESS, 0, SUCCESS.length)) {
      properties.load(
          new ByteArrayInputStream(answer, SUCCESS.length, answer.length - SUCCESS.length));
    }
    return properties;
  }
}
