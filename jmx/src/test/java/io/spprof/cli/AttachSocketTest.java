package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests {@link AttachSocket} with a server that answers as HotSpot does. */
@EnabledOnOs(OS.LINUX)
class AttachSocketTest {

  private static final String REQUEST = "1\0agentProperties\0\0\0\0";

  @TempDir private Path directory;

  private Path file;
  private ServerSocketChannel server;
  private String user;

  @BeforeEach
  void listen() throws IOException {
    file = directory.resolve("s");
    server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.bind(UnixDomainSocketAddress.of(file));
    mode("rw-------");
    user = Files.getAttribute(file, "unix:uid").toString();
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private void mode(String permissions) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
  }

  /** Answers the next request, and returns the request. */
  private CompletableFuture<String> answer(String answer) {
    return CompletableFuture.supplyAsync(
        () -> {
          try (SocketChannel client = server.accept()) {
            ByteBuffer request = ByteBuffer.allocate(REQUEST.length());
            while (request.hasRemaining() && client.read(request) >= 0) {}
            client.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.ISO_8859_1)));
            return new String(request.array(), StandardCharsets.ISO_8859_1);
          } catch (IOException e) {
            return e.toString();
          }
        });
  }

  private String property() {
    return new AttachSocket(file, user).agentProperty("address");
  }

  @Test
  void shouldAskAJvmThatListens() throws Exception {
    CompletableFuture<String> request = answer("0\n#Mon Nov 30\nother=x\naddress=service\\:jmx\n");
    assertEquals("service:jmx", property());
    assertEquals(REQUEST, request.get());
  }

  @Test
  void shouldLeaveWhatIsNotThereToTheAttachApi() throws Exception {
    answer("0\n#Mon Nov 30\n");
    assertEquals("", property(), "no such property");
    answer("101\naddress=x\n");
    assertEquals("", property(), "an error");
    answer("");
    assertEquals("", property(), "no answer");
    answer("0\naddress=\\uuuu\n");
    assertEquals("", property(), "no properties");
    answer("0\naddress=x\n" + "#".repeat(1 << 16));
    assertEquals("", property(), "too long");
    server.close();
    assertEquals("", property(), "nobody listens");
    Files.delete(file);
    assertEquals("", property(), "no file");
  }

  @Test
  void shouldConnectToNoSocketThatAnotherUserCanHaveMade() throws IOException {
    CompletableFuture<String> request = answer("0\naddress=x\n");
    assertEquals("", new AttachSocket(file, user + "1").agentProperty("address"));
    mode("rw-rw----");
    assertEquals("", property());
    mode("rw----r--");
    assertEquals("", property());
    assertFalse(request.isDone(), "nobody connected");
  }
}
