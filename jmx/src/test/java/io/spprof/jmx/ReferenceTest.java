package io.spprof.jmx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.cli.Main;
import io.spprof.config.ProfilerConfig;
import io.spprof.export.ExportFormat;
import io.spprof.jmx.Mocks.Fixture;
import io.spprof.profile.HotMethod;
import io.spprof.profile.HotMethods;
import io.spprof.profile.SessionStats;
import io.spprof.sampler.DropReason;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanOperationInfo;
import org.apache.commons.lang3.StringUtils;
import org.junit.jupiter.api.Test;

/** Checks docs/reference.md against the code: each must contain what the other one says. */
class ReferenceTest {

  private static final Path PAGE = Path.of("..", "docs", "reference.md");
  private static final Path FIGURES = Path.of("..", "docs", "figures.md");

  @Test
  void shouldListEveryAttributeWithTypeAndUnit() throws Exception {
    Set<String> rows = new TreeSet<>();
    for (MBeanAttributeInfo attribute : info().getAttributes()) {
      String type = attribute.getType();
      String unit = Descriptions.attribute(attribute.getName()).unit();
      rows.add(
          attribute.getName()
              + "|"
              + (type.endsWith("String")
                  ? "String"
                  : type.startsWith("[L")
                      ? "list of records"
                      : type.endsWith("CompositeData") ? "record" : type)
              + "|"
              + unit);
    }
    assertEquals(
        rows,
        table("attribute").stream()
            .map(
                row ->
                    code(row.get(0)) + "|" + row.get(1).replace(" of long", "") + "|" + row.get(2))
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  /** JConsole's picture in README.md is made with the list of the attributes that it shows. */
  @Test
  void shouldShowEveryAttributeInThePictureOfJConsole() throws Exception {
    assertEquals(
        Arrays.stream(info().getAttributes())
            .map(MBeanAttributeInfo::getName)
            .collect(Collectors.toCollection(TreeSet::new)),
        new TreeSet<>(Files.readAllLines(Path.of("..", "docs", "images", "jconsole.txt"))),
        "the picture is stale: run docs/images/pictures.sh, which makes jconsole.png and .txt");
  }

  @Test
  void shouldListEveryOperationWithItsSignature() throws Exception {
    Set<String> signatures = new TreeSet<>();
    for (MBeanOperationInfo operation : info().getOperations()) {
      signatures.add(
          simple(operation.getReturnType())
              + " "
              + operation.getName()
              + Arrays.stream(operation.getSignature())
                  .map(parameter -> simple(parameter.getType()) + " " + parameter.getName())
                  .collect(Collectors.joining(", ", "(", ")")));
    }
    assertEquals(signatures, firstColumn("operation"));
  }

  @Test
  void shouldListEveryNotification() throws Exception {
    assertEquals(
        Arrays.stream(info().getNotifications())
            .flatMap(notification -> Arrays.stream(notification.getNotifTypes()))
            .collect(Collectors.toCollection(TreeSet::new)),
        firstColumn("type"));
  }

  @Test
  void shouldListEveryOptionWithItsDefault() throws Exception {
    assertEquals(keys(ProfilerConfig.HELP), firstColumn("key"));
    assertEquals(keys(Settings.agentHelp()), firstColumn("agent key"));
    Set<String> defaults = new TreeSet<>();
    for (List<String> row : table("key")) {
      if (row.get(2).startsWith("`")) {
        defaults.add(code(row.get(0)) + "=" + code(row.get(2)));
      }
    }
    assertEquals(new TreeSet<>(Set.of(ProfilerConfig.DEFAULT.toOptions().split(","))), defaults);
  }

  @Test
  void shouldListTheValuesOfEachChoice() throws Exception {
    for (List<String> row : table("key")) {
      String key = code(row.get(0));
      for (String help : ProfilerConfig.HELP) {
        if (help.startsWith(key + "=") && help.contains("|")) {
          assertEquals(
              help, key + "=" + row.get(1).replace("`", "").replace(", ", "|"), "values of " + key);
        }
      }
    }
  }

  @Test
  void shouldListEveryCommand() throws Exception {
    assertEquals(
        new TreeSet<>(Main.COMMANDS),
        firstColumn("command").stream()
            .map(cell -> StringUtils.substringBefore(cell, " "))
            .collect(Collectors.toCollection(TreeSet::new)));
  }

  @Test
  void shouldListEveryFileSuffix() throws Exception {
    assertEquals(new TreeSet<>(Set.of(ExportFormat.suffixes().split(", "))), firstColumn("suffix"));
  }

  @Test
  void shouldListEveryReasonAndRecordField() throws Exception {
    Set<String> reasons = new TreeSet<>();
    for (DropReason reason : DropReason.values()) {
      reasons.add(reason.key());
    }
    assertEquals(reasons, firstColumn("reason"));
    assertEquals(reasons, firstColumn(FIGURES, "reason"));
    for (List<String> row : table("attribute")) {
      for (Class<?> record :
          row.get(0).equals("`HotMethods`")
              ? List.of(HotMethods.class, HotMethod.class)
              : row.get(0).equals("`Session`")
                  ? List.of(SessionStats.class)
                  : List.<Class<?>>of()) {
        String list =
            fields(record).stream().map(f -> "`" + f + "`").collect(Collectors.joining(", "));
        assertTrue(row.get(3).contains(list), list);
      }
    }
  }

  private static MBeanInfo info() throws Exception {
    try (Fixture bean = Mocks.fixture(Mocks.idle())) {
      return bean.server().getMBeanInfo(bean.name());
    }
  }

  private static String simple(String type) {
    if (type.equals("[B")) {
      return "byte[]";
    }
    return type.replace("java.lang.", "");
  }

  private static Set<String> keys(List<String> help) {
    return help.stream()
        .map(line -> StringUtils.substringBefore(line, "="))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> fields(Class<?> record) {
    return Stream.of(record.getRecordComponents()).map(RecordComponent::getName).toList();
  }

  private static String code(String cell) {
    return StringUtils.substringBetween(cell, "`");
  }

  private static Set<String> firstColumn(String header) throws IOException {
    return firstColumn(PAGE, header);
  }

  private static Set<String> firstColumn(Path page, String header) throws IOException {
    return table(page, header).stream()
        .map(row -> code(row.get(0)))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The rows of the table whose first column has this heading. */
  private static List<List<String>> table(String header) throws IOException {
    return table(PAGE, header);
  }

  private static List<List<String>> table(Path page, String header) throws IOException {
    List<List<String>> rows = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(page)) {
      if (line.startsWith("| " + header + " |")) {
        inside = true;
      } else if (!line.startsWith("|")) {
        inside = false;
      } else if (inside && !line.startsWith("| ---")) {
        List<String> cells = new ArrayList<>();
        for (String cell : StringUtils.splitPreserveAllTokens(line, '|')) {
          cells.add(cell.strip());
        }
        rows.add(cells.subList(1, cells.size() - 1));
      }
    }
    assertTrue(!rows.isEmpty(), "no table " + header);
    return rows;
  }
}
