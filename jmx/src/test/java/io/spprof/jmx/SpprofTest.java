package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import io.spprof.Profiler;
import io.spprof.ProfilerEvent;
import io.spprof.ProfilerEvent.StateChanged;
import io.spprof.ProfilerState;
import io.spprof.config.ProfilerConfig;
import io.spprof.jmx.Mocks.Fixture;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;

class SpprofTest {

  @Test
  void shouldRegisterUnderTheNameThatClientsLookFor() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      assertEquals("io.spprof:type=Spprof", bean.spprof().name().toString());
      assertTrue(bean.server().isRegistered(bean.name()));
      verify(bean.profiler(), never()).start(any());
    }
  }

  @Test
  void shouldRefuseANameThatIsTaken() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      Profiler second = Mocks.idle();
      IllegalStateException e =
          assertThrows(
              IllegalStateException.class,
              () -> Spprof.register(bean.server(), bean.name(), second, Settings.NONE));
      assertTrue(e.getMessage().contains(Spprof.OBJECT_NAME), e.getMessage());
      verify(second).close();
      assertTrue(bean.server().isRegistered(bean.name()));
    }
  }

  @Test
  void shouldStopAndUnregisterOnClose() throws Exception {
    Fixture bean = Mocks.fixture(Mocks.running());
    bean.close();
    verify(bean.profiler()).close();
    assertFalse(bean.server().isRegistered(bean.name()));
  }

  @Test
  void shouldCloseOnlyOnce() throws Exception {
    Fixture bean = Mocks.fixture(Mocks.idle());
    bean.close();
    bean.close();
    verify(bean.profiler(), times(1)).close();
  }

  @Test
  void shouldCloseABeanThatAClientHasUnregistered() throws Exception {
    Fixture bean = Mocks.fixture(Mocks.idle());
    bean.server().unregisterMBean(bean.name());
    bean.close();
    verify(bean.profiler()).close();
  }

  @Test
  void shouldNotTakeAwayTheBeanOfASuccessor() throws Exception {
    Fixture first = Mocks.fixture(Mocks.idle());
    first.server().unregisterMBean(first.name());
    Spprof second = Spprof.register(first.server(), first.name(), Mocks.idle(), Settings.NONE);
    first.close();
    assertTrue(first.server().isRegistered(first.name()));
    second.close();
    assertFalse(first.server().isRegistered(first.name()));
  }

  @Test
  void shouldUnregisterEvenIfTheProfilerCannotBeClosed() throws Exception {
    Fixture bean = Mocks.fixture(Mocks.running());
    doThrow(new IllegalStateException("a handler is still in flight"))
        .when(bean.profiler())
        .close();
    assertThrows(IllegalStateException.class, bean::close);
    assertFalse(bean.server().isRegistered(bean.name()));
  }

  /** An MBean server that adds keys to the name, as WebSphere's does. */
  private static final class RenamingServer implements InvocationHandler {
    private final MBeanServer real = MBeanServerFactory.newMBeanServer();

    MBeanServer proxy() {
      return (MBeanServer)
          Proxy.newProxyInstance(
              MBeanServer.class.getClassLoader(), new Class<?>[] {MBeanServer.class}, this);
    }

    @Override
    public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
      if (method.getName().equals("registerMBean")) {
        arguments[1] = new ObjectName(arguments[1] + ",cell=c,node=n,process=server1");
      }
      try {
        return method.invoke(real, arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      }
    }
  }

  @Test
  void shouldKnowTheNameThatTheServerGaveIt() throws Exception {
    MBeanServer server = new RenamingServer().proxy();
    ObjectName name = new ObjectName(Spprof.OBJECT_NAME);
    Profiler profiler = Mocks.idle();
    Spprof spprof = Spprof.register(server, name, profiler, Settings.NONE);
    assertEquals("server1", spprof.name().getKeyProperty("process"));
    assertTrue(server.isRegistered(spprof.name()));
    List<Object> sources = new CopyOnWriteArrayList<>();
    CountDownLatch notified = new CountDownLatch(1);
    server.addNotificationListener(
        spprof.name(),
        (notification, handback) -> {
          sources.add(notification.getSource());
          notified.countDown();
        },
        null,
        null);
    ArgumentCaptor<Consumer<ProfilerEvent>> listener = ArgumentCaptor.captor();
    verify(profiler).onEvent(listener.capture());
    listener.getValue().accept(new StateChanged(ProfilerState.IDLE, ProfilerState.RUNNING));
    notified.await();
    assertEquals(List.of(spprof.name()), sources);

    server.unregisterMBean(spprof.name());
    assertTrue(spprof.registerAgain());
    assertFalse(spprof.registerAgain());
    assertTrue(server.isRegistered(spprof.name()));

    spprof.close();
    assertFalse(server.isRegistered(spprof.name()));
    assertFalse(spprof.registerAgain());
  }

  @Test
  void shouldRefuseADirectoryThatOthersCanChange() throws Exception {
    ObjectName name = new ObjectName(Spprof.OBJECT_NAME);
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Spprof.register(name, ProfilerConfig.DEFAULT, Path.of("/etc/passwd")));
    assertTrue(e.getMessage().contains("/etc/passwd is not a directory"), e.getMessage());
  }
}
