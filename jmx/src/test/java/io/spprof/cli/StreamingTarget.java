package io.spprof.cli;

import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.eq;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import org.mockito.stubbing.OngoingStubbing;
import picocli.CommandLine;

/** A target from which a profile can be downloaded, without a connection. */
final class StreamingTarget {

  final MBeanServerConnection server = mock(MBeanServerConnection.class);
  final Bean bean;

  /** A target whose streams have the numbers 7, for a whole profile, and 8, for a range. */
  StreamingTarget() throws Exception {
    JMXConnector connector = mock(JMXConnector.class);
    when(connector.getMBeanServerConnection()).thenReturn(server);
    bean = new Bean(connector, new Target());
    operation("openStream").thenReturn(7L);
    operation("openStreamOf").thenReturn(8L);
  }

  /** Begins to say what an operation of the bean does, whatever its arguments are. */
  OngoingStubbing<Object> operation(String name) throws Exception {
    return when(server.invoke(any(), eq(name), any(), any()));
  }

  /** Returns the options of a download, as picocli sets them. */
  static Download download(String... options) {
    Download download = new Download();
    CommandLine.populateCommand(download, options);
    return download;
  }
}
