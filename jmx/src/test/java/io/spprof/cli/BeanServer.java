package io.spprof.cli;

import java.io.IOException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXConnectorServerFactory;
import javax.management.remote.JMXServiceURL;

/**
 * An MBean server in this process. Commands reach it over RMI, as if it were in another process.
 */
final class BeanServer implements AutoCloseable {

  private final MBeanServer server = MBeanServerFactory.newMBeanServer();
  private final JMXConnectorServer connector;

  BeanServer() throws IOException {
    System.setProperty("java.rmi.server.hostname", "127.0.0.1");
    connector =
        JMXConnectorServerFactory.newJMXConnectorServer(
            new JMXServiceURL("service:jmx:rmi://127.0.0.1"), null, server);
    connector.start();
  }

  MBeanServer server() {
    return server;
  }

  String url() {
    return connector.getAddress().toString();
  }

  @Override
  public void close() throws IOException {
    connector.stop();
  }
}
