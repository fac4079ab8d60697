package io.spprof.it;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Computes the triggers of the Zabbix template, as a Zabbix server does: it preprocesses the values
 * of each item, and evaluates the expressions. It knows the parts of Zabbix's language that the
 * template uses, and fails for any other.
 */
final class ZabbixTriggers {

  private static final Pattern CALL =
      Pattern.compile("(min|avg)\\(/spprof by JMX/(jmx\\[.*?]),(\\d+)m\\)");
  private static final Pattern COMPARISON =
      Pattern.compile("([\\d.E-]+)>(?:([\\d.E-]+)\\*)?([\\d.E-]+)");

  private final Map<String, List<Double>> values = new HashMap<>(); // by the key of the item
  private final Map<String, String> expressions = new HashMap<>(); // by the name of the trigger
  private final JsonNode macros;

  /**
   * Preprocesses readings.
   *
   * @param export the content of the template's file
   * @param readings the values of the attributes, one a minute
   */
  ZabbixTriggers(JsonNode export, Map<String, List<Long>> readings) {
    JsonNode template = export.at("/templates/0");
    macros = template.get("macros");
    for (JsonNode item : template.get("items")) {
      String key = item.get("key").asText();
      List<Long> raw = readings.get(key.replaceAll(".*,(.*)]", "$1"));
      if (raw != null) {
        values.put(key, preprocessed(raw.stream().map(Long::doubleValue).toList(), item));
      }
      add(item.path("triggers"));
    }
    add(export.get("triggers"));
  }

  private void add(JsonNode triggers) {
    for (JsonNode trigger : triggers) {
      expressions.put(trigger.get("name").asText(), trigger.get("expression").asText());
    }
  }

  private static List<Double> preprocessed(List<Double> raw, JsonNode item) {
    List<Double> result = raw;
    for (JsonNode step : item.path("preprocessing")) {
      List<Double> before = result;
      List<Double> after = new ArrayList<>();
      String type = step.get("type").asText();
      for (int i = 0; i < before.size(); i++) {
        after.add(
            switch (type) {
              case "CHANGE_PER_SECOND" ->
                  i == 0 ? Double.NaN : (before.get(i) - before.get(i - 1)) / 60;
              case "MULTIPLIER" -> before.get(i) * step.at("/parameters/0").asDouble();
              case "BOOL_TO_DECIMAL" -> before.get(i);
              default -> throw new AssertionError("not known: " + type);
            });
      }
      result = after;
    }
    return result;
  }

  /** Returns the names of all triggers. */
  TreeSet<String> names() {
    return new TreeSet<>(expressions.keySet());
  }

  /** Returns the names of the triggers that have a problem in a minute. */
  TreeSet<String> problems(int minute) {
    TreeSet<String> problems = new TreeSet<>();
    expressions.forEach(
        (name, expression) -> {
          String numbers = CALL.matcher(expression).replaceAll(call -> number(call, minute));
          for (JsonNode macro : macros) {
            numbers = numbers.replace(macro.get("macro").asText(), macro.path("value").asText());
          }
          Matcher comparison = COMPARISON.matcher(numbers);
          if (!comparison.matches()) {
            throw new AssertionError("not understood: " + expression + ", as numbers " + numbers);
          }
          String factor = comparison.group(2);
          double limit =
              Double.parseDouble(comparison.group(3))
                  * (factor == null ? 1 : Double.parseDouble(factor));
          if (Double.parseDouble(comparison.group(1)) > limit) {
            problems.add(name);
          }
        });
    return problems;
  }

  private String number(MatchResult call, int minute) {
    List<Double> all = values.get(call.group(2));
    if (all == null) {
      throw new AssertionError("no readings of " + call.group(2));
    }
    List<Double> last = all.subList(minute + 1 - Integer.parseInt(call.group(3)), minute + 1);
    double result =
        last.stream()
            .mapToDouble(Double::doubleValue)
            .reduce(call.group(1).equals("min") ? Math::min : Double::sum)
            .orElseThrow();
    return Double.toString(call.group(1).equals("min") ? result : result / last.size());
  }
}
