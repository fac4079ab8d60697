package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A TCP relay in front of a target, which tests use to make a connection hang. Each connection
 * passes on a limited number of bytes from the target, and loses all later ones. A connection ends
 * when one of its two ends closes. The relay listens on the target's port at another loopback
 * address. The target must give that address to its clients: see {@link #FLAG}.
 */
final class StuckLine implements AutoCloseable {

  /** The relay's address. On Linux, all of 127/8 is the loopback. */
  static final String HOST = "127.0.0.2";

  /** The JVM flag for the target. */
  static final String FLAG = "-Djava.rmi.server.hostname=" + HOST;

  private final ServerSocket clients;
  private final int port;
  private final long most;
  private final CountDownLatch stuck = new CountDownLatch(1);

  /**
   * Opens a relay to a running target.
   *
   * @param most the bytes from the target that each connection carries
   */
  StuckLine(TargetJvm target, long most) throws IOException {
    this.port = target.port();
    this.most = most;
    clients = new ServerSocket(port, 50, InetAddress.getByName(HOST));
    start(this::accept);
  }

  /** The address that a client uses for the target. */
  String address() {
    return HOST + ":" + port;
  }

  /** Waits until a connection has lost bytes. */
  void awaitStuck() throws InterruptedException {
    assertTrue(
        stuck.await(Await.PATIENCE.toSeconds(), TimeUnit.SECONDS),
        "no connection brought " + most + " bytes");
  }

  private static void start(Runnable body) {
    Thread thread = new Thread(body, "line");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try (clients) {
      while (true) {
        connect(clients.accept());
      }
    } catch (IOException e) {
      // The relay is closed, or the target is gone: no client connects any more.
    }
  }

  private void connect(Socket client) throws IOException {
    try {
      Socket target = new Socket(InetAddress.getLoopbackAddress(), port);
      start(() -> carry(client, target, Long.MAX_VALUE));
      start(() -> carry(target, client, most));
    } catch (IOException e) {
      client.close();
      throw e;
    }
  }

  private void carry(Socket from, Socket to, long atMost) {
    try (InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      byte[] some = new byte[1 << 16];
      long left = atMost;
      for (int read = in.read(some); read >= 0; read = in.read(some)) {
        int carried = (int) Math.min(read, left);
        out.write(some, 0, carried);
        left -= carried;
        if (carried < read) {
          stuck.countDown();
        }
      }
    } catch (IOException e) {
      // One of the two ends is gone.
    }
  }

  @Override
  public void close() throws IOException {
    clients.close();
  }
}
