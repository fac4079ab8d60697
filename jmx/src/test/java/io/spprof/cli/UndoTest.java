package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class UndoTest {

  private final Runnable takeBack = mock(Runnable.class);

  @Test
  void shouldUndoOnce() throws Exception {
    Undo undo = new Undo();
    assertEquals("begun", undo.begin(() -> "begun", takeBack));
    verify(takeBack, never()).run();
    undo.close();
    undo.close();
    verify(takeBack, times(1)).run();
  }

  @Test
  void shouldNotUndoWhatIsKept() throws Exception {
    try (Undo undo = new Undo()) {
      undo.begin(() -> 1, takeBack);
      undo.keep();
    }
    verify(takeBack, never()).run();
  }

  @Test
  void shouldNotUndoWhatFailedToBegin() {
    try (Undo undo = new Undo()) {
      assertThrows(IOException.class, () -> undo.begin(UndoTest::fail, takeBack));
    }
    verify(takeBack, never()).run();
  }

  private static String fail() throws IOException {
    throw new IOException("no");
  }
}
