package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.jna.Native;
import io.spprof.export.ExportFormat;
import io.spprof.it.load.OtherStack;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/**
 * A stack that cannot be walked shows the code at which the walk failed, in every format. The load
 * breaks its walks on purpose: it runs on a stack that the JVM does not know.
 */
class BrokenStackIT {

  private static final Pattern IN_LIBC = Pattern.compile("\\[at libc[^]+;]*\\+0x[0-9a-f]+]");

  @Test
  void shouldShowWhereAWalkFailed() throws Exception {
    try (TargetJvm target = TargetJvm.of(OtherStack.class).classPathOf(Native.class).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.startWith("interval=1ms,walker=vm");
      Await.until("broken stacks", () -> bean.number("UnwalkableSamples") > 100);
      bean.stop();

      Collapsed profile = bean.collapsed();
      assertEquals(bean.number("UnwalkableSamples"), profile.count(Collapsed.Stack::isUnwalkable));
      // What other tests check must fail here.
      assertThrows(AssertionError.class, () -> profile.assertFewUnwalkable(bean));
      List<List<String>> broken =
          profile.stacks().stream()
              .map(Collapsed.Stack::frames)
              .filter(frames -> frames.get(0).equals(OtherStack.THREAD))
              .filter(frames -> frames.get(1).startsWith("[broken"))
              .toList();
      assertFalse(broken.isEmpty());
      for (List<String> frames : broken) {
        assertEquals("[broken: outside of the stack]", frames.get(1));
        assertEquals(3, frames.size(), () -> "the walk found frames: " + frames);
        assertTrue(IN_LIBC.matcher(frames.get(2)).matches(), () -> "in memset: " + frames);
      }
      String name = broken.get(0).get(2);
      for (ExportFormat format : ExportFormat.values()) {
        String exported = text(bean.readAll(bean.openStream(format.key())));
        assertTrue(exported.contains(name), () -> format + " has no " + name);
      }
    }
  }

  private static String text(byte[] bytes) throws IOException {
    boolean zipped = bytes[0] == 0x1f;
    byte[] plain =
        zipped ? new GZIPInputStream(new ByteArrayInputStream(bytes)).readAllBytes() : bytes;
    return new String(plain, StandardCharsets.ISO_8859_1);
  }
}
