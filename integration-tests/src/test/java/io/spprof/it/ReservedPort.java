package io.spprof.it;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A loopback port for a server that a test starts. Until this object is closed, the system gives
 * the port to no other program that asks for any free port. The server can listen on it, because
 * the socket that holds the port has SO_REUSEADDR, as servers have, and does not listen.
 */
final class ReservedPort implements AutoCloseable {

  private final Socket holder = new Socket();

  ReservedPort() throws IOException {
    holder.setReuseAddress(true);
    holder.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
  }

  /** The number of the port. */
  @Override
  public String toString() {
    return Integer.toString(holder.getLocalPort());
  }

  @Override
  public void close() throws IOException {
    holder.close();
  }
}
