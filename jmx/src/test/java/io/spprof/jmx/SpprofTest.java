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
import io.spprof.jmx.Mocks.Fixture;
import org.junit.jupiter.api.Test;

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
}
