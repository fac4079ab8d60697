package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.jmx.Mocks.Fixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.management.MBeanFeatureInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanNotificationInfo;
import org.junit.jupiter.api.Test;

/**
 * Checks what pages, descriptions, rules and the program's own texts say of the overhead. The model
 * (signals × 25 µs) can be far below the true cost. So no text may call it an upper bound or
 * conservative, or tell people to alert on it; and where both figures stand side by side, the
 * measured one comes first.
 */
class OverheadTextsTest {

  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();

  /** What no text may say, unless it denies it. */
  private static final Pattern PROMISE =
      Pattern.compile(
          "(?i)(?<!(?:not|nor|no)\\s(?:an\\s)?)(?:upper\\s+bound|conservative(?:ly)?"
              + "|(?:one|figure)\\s+to\\s+alert\\s+on)");

  private static final Pattern EXPRESSION = Pattern.compile("(?:expr|expression): *(.*)");

  /** The model's figure in a list, followed by the measured one. */
  private static final Pattern MODEL_FIRST =
      Pattern.compile(
          "\\bOverheadPercent\\b[^A-Za-z.]{1,9}MeasuredOverheadPercent|by the model, [^,]* measured");

  private static List<Path> texts() throws IOException {
    List<Path> texts = new ArrayList<>();
    for (String top : List.of("docs", "native/src/main", "core/src/main", "jmx/src/main")) {
      try (Stream<Path> files = Files.walk(PROJECT.resolve(top))) {
        files
            .filter(file -> file.toString().matches(".*\\.(md|json|ya?ml|java|js|html)"))
            .forEach(texts::add);
      }
    }
    texts.add(PROJECT.resolve("README.md"));
    texts.add(PROJECT.resolve("CHANGELOG.md"));
    return texts;
  }

  /** Joins what a formatter has broken into lines: comments, and strings of Java. */
  private static String joined(String text) {
    return text.replaceAll("\"\\s*\\+\\s*\"", "").replaceAll("\\s+(?:\\*|//|#)?\\s*", " ");
  }

  private static List<String> found(Pattern pattern, String text) {
    List<String> found = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.add(
          text.substring(
              Math.max(0, matcher.start() - 60), Math.min(text.length(), matcher.end())));
    }
    return found;
  }

  private static void assertNone(Pattern pattern) throws IOException {
    TreeMap<String, List<String>> all = new TreeMap<>();
    for (Path file : texts()) {
      List<String> found = found(pattern, joined(Files.readString(file)));
      if (!found.isEmpty()) {
        all.put(PROJECT.relativize(file).toString(), found);
      }
    }
    assertEquals(new TreeMap<>(), all);
  }

  @Test
  void shouldFindWhatItLooksFor() {
    assertFalse(found(PROMISE, "the model, a conservative figure").isEmpty());
    assertFalse(found(PROMISE, "it is an upper bound").isEmpty());
    assertFalse(found(PROMISE, joined("the one to\n   * alert on")).isEmpty());
    assertTrue(found(PROMISE, "neither measured nor an upper bound").isEmpty());
    assertTrue(found(PROMISE, "It is not an upper bound:").isEmpty());
    assertFalse(found(MODEL_FIRST, "OverheadPercent MeasuredOverheadPercent").isEmpty());
    assertTrue(found(MODEL_FIRST, "MeasuredOverheadPercent\", \"OverheadPercent").isEmpty());
  }

  @Test
  void shouldPromiseNothingOfTheModel() throws Exception {
    assertNone(PROMISE);
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      MBeanInfo info = bean.server().getMBeanInfo(bean.name());
      for (MBeanFeatureInfo[] features :
          List.<MBeanFeatureInfo[]>of(info.getAttributes(), info.getOperations())) {
        for (MBeanFeatureInfo feature : features) {
          assertEquals(List.of(), found(PROMISE, feature.getDescription()), feature.getName());
        }
      }
      for (MBeanNotificationInfo notification : info.getNotifications()) {
        assertEquals(List.of(), found(PROMISE, notification.getDescription()));
      }
    }
  }

  @Test
  void shouldLeadWithTheMeasuredFigure() throws Exception {
    assertNone(MODEL_FIRST);
  }

  @Test
  void shouldAlertOnTheMeasuredFigureOnly() throws Exception {
    int ofOverhead = 0;
    for (String page : List.of("docs/monitoring.md", "docs/monitoring/spprof-zabbix.yaml")) {
      Matcher expressions = EXPRESSION.matcher(Files.readString(PROJECT.resolve(page)));
      while (expressions.find()) {
        String expression = expressions.group(1).toLowerCase(java.util.Locale.ROOT);
        assertFalse(expression.matches(".*\\b(?:spprof_)?overheadpercent.*"), expression);
        ofOverhead += expression.contains("overheadcputimenanos") ? 1 : 0;
      }
    }
    assertEquals(2, ofOverhead, "one alert of Prometheus, one trigger of Zabbix");
  }
}
