package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks that the bean's output is the same whatever the default locale is. */
class LocaleTest {

  /** Calls that use the default locale. */
  private static final Pattern BY_DEFAULT =
      Pattern.compile(
          "(?:String\\.format|printf)\\(\\s*+(?!Locale\\.)"
              + "|\\.formatted\\(|\\.to(?:Lower|Upper)Case\\(\\)"
              + "|NumberFormat\\.get|new DecimalFormat|new SimpleDateFormat"
              + "|ofPattern\\(\"[^\"]*\"\\)|new Scanner\\(|new Formatter\\(");

  @Test
  void shouldNotBeUsedAnywhere() throws IOException {
    Set<String> found = new TreeSet<>();
    int files = 0;
    for (String module : List.of("native", "core", "jmx")) {
      try (Stream<Path> sources = Files.walk(Path.of("..", module, "src/main/java"))) {
        for (Path source : sources.filter(path -> path.toString().endsWith(".java")).toList()) {
          files++;
          Matcher call = BY_DEFAULT.matcher(Files.readString(source));
          while (call.find()) {
            found.add(source.getFileName() + ": " + call.group());
          }
        }
      }
    }
    assertFalse(files < 100, "sources: " + files);
    assertEquals(Set.of(), found);
  }
}
