package io.spprof.it.client;

import java.util.Map;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import javax.rmi.ssl.SslRMIClientSocketFactory;

/**
 * A JMX client that uses TLS for the registry, too, as docs/monitoring.md describes. The JVM's
 * system properties name its trust store. Prints the bean's state.
 */
public final class TlsClient {

  private TlsClient() {}

  /** Arguments: the port, a role whose password is its name. */
  public static void main(String[] args) throws Exception {
    Map<String, Object> environment =
        Map.of(
            "com.sun.jndi.rmi.factory.socket",
            new SslRMIClientSocketFactory(),
            JMXConnector.CREDENTIALS,
            new String[] {args[1], args[1]});
    JMXServiceURL url =
        new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + args[0] + "/jmxrmi");
    try (JMXConnector connector = JMXConnectorFactory.connect(url, environment)) {
      System.out.println(
          connector
              .getMBeanServerConnection()
              .getAttribute(new ObjectName("io.spprof:type=Spprof"), "State"));
    }
  }
}
