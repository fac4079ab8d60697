package io.spprof.export;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the metadata of a recording, which declares the recording's types and their fields. The
 * metadata is a tree of elements with attributes, all of which are strings. The types have the
 * order and the fields that they have in HotSpot's own recordings, because readers rely on both.
 * {@link Type} has the number of each type.
 */
final class JfrMetadata {

  /** The numbers of the types in this file. */
  static final class Type {
    static final int METADATA = 0;
    static final int CHECKPOINT = 1;
    static final int BOOLEAN = 4;
    static final int CHAR = 5;
    static final int FLOAT = 6;
    static final int DOUBLE = 7;
    static final int BYTE = 8;
    static final int SHORT = 9;
    static final int INT = 10;
    static final int LONG = 11;
    static final int STRING = 20;
    static final int CLASS = 21;
    static final int THREAD = 22;
    static final int CLASS_LOADER = 23;
    static final int FRAME_TYPE = 24;
    static final int THREAD_STATE = 25;
    static final int STACK_TRACE = 26;
    static final int STACK_FRAME = 27;
    static final int METHOD = 28;
    static final int PACKAGE = 29;
    static final int SYMBOL = 30;
    static final int THREAD_GROUP = 31;
    static final int STATE = 32;
    static final int LABEL = 40;
    static final int CATEGORY = 41;
    static final int TIMESTAMP = 42;
    static final int TIMESPAN = 43;
    static final int EXECUTION_SAMPLE = 101;
    static final int ACTIVE_SETTING = 102;
    static final int SESSION = 103;
    static final int CPU_TIME_SAMPLE = 104;
    static final int CPU_TIME_SAMPLES_LOST = 105;
    static final int JVM_INFORMATION = 106;

    private Type() {}
  }

  /** A node of the metadata's tree: a name, attributes, and child elements. */
  private static final class Element {
    private final String name;
    private final Map<String, String> attributes = new LinkedHashMap<>();
    private final List<Element> children = new ArrayList<>();

    Element(String name) {
      this.name = name;
    }

    Element with(String key, Object value) {
      attributes.put(key, value.toString());
      return this;
    }

    Element add(Element... added) {
      children.addAll(List.of(added));
      return this;
    }
  }

  private static final Element ROOT =
      new Element("root")
          .add(types())
          .add(new Element("region").with("locale", "en_US").with("gmtOffset", 0));

  private JfrMetadata() {}

  /**
   * Writes the metadata: first all strings, then the tree, whose elements refer to the strings by
   * their numbers.
   */
  static void write(Bytes out) {
    Map<String, Integer> numbers = new LinkedHashMap<>();
    number(ROOT, numbers);
    out.varint(numbers.size());
    numbers.keySet().forEach(text -> string(out, text));
    write(ROOT, numbers, out);
  }

  /** Writes a string that is not known. Readers show that it is missing. */
  static void noString(Bytes out) {
    out.write(0);
  }

  /** Writes a string in UTF-8. The byte 3 before the string marks this encoding. */
  static void string(Bytes out, String text) {
    Bytes encoded = new Bytes(text);
    out.write(3);
    out.varint(encoded.size());
    out.write(encoded);
  }

  private static void number(Element element, Map<String, Integer> numbers) {
    numbers.putIfAbsent(element.name, numbers.size());
    element.attributes.forEach(
        (key, value) -> {
          numbers.putIfAbsent(key, numbers.size());
          numbers.putIfAbsent(value, numbers.size());
        });
    element.children.forEach(child -> number(child, numbers));
  }

  private static void write(Element element, Map<String, Integer> numbers, Bytes out) {
    out.varint(numbers.get(element.name));
    out.varint(element.attributes.size());
    element.attributes.forEach(
        (key, value) -> {
          out.varint(numbers.get(key));
          out.varint(numbers.get(value));
        });
    out.varint(element.children.size());
    element.children.forEach(child -> write(child, numbers, out));
  }

  private static Element types() {
    return new Element("metadata")
        .add(
            type(Type.BOOLEAN, "boolean"),
            type(Type.CHAR, "char"),
            type(Type.FLOAT, "float"),
            type(Type.DOUBLE, "double"),
            type(Type.BYTE, "byte"),
            type(Type.SHORT, "short"),
            type(Type.INT, "int"),
            type(Type.LONG, "long"),
            type(Type.STRING, "java.lang.String"),
            type(Type.CLASS, "java.lang.Class")
                .add(
                    pooled("classLoader", Type.CLASS_LOADER),
                    pooled("name", Type.SYMBOL),
                    pooled("package", Type.PACKAGE),
                    field("modifiers", Type.INT),
                    field("hidden", Type.BOOLEAN)),
            type(Type.THREAD, "java.lang.Thread")
                .add(
                    field("osName", Type.STRING),
                    field("osThreadId", Type.LONG),
                    field("javaName", Type.STRING),
                    field("javaThreadId", Type.LONG),
                    pooled("group", Type.THREAD_GROUP),
                    field("virtual", Type.BOOLEAN)),
            type(Type.THREAD_GROUP, "jdk.types.ThreadGroup")
                .add(pooled("parent", Type.THREAD_GROUP), field("name", Type.STRING)),
            type(Type.CLASS_LOADER, "jdk.types.ClassLoader")
                .add(pooled("type", Type.CLASS), pooled("name", Type.SYMBOL)),
            type(Type.FRAME_TYPE, "jdk.types.FrameType")
                .with("simpleType", true)
                .add(field("description", Type.STRING)),
            type(Type.THREAD_STATE, "jdk.types.ThreadState")
                .with("simpleType", true)
                .add(field("name", Type.STRING)),
            type(Type.STATE, "spprof.ThreadState")
                .with("simpleType", true)
                .add(field("name", Type.STRING)),
            type(Type.STACK_TRACE, "jdk.types.StackTrace")
                .add(
                    field("truncated", Type.BOOLEAN),
                    field("frames", Type.STACK_FRAME).with("dimension", 1)),
            type(Type.STACK_FRAME, "jdk.types.StackFrame")
                .add(
                    pooled("method", Type.METHOD),
                    field("lineNumber", Type.INT),
                    field("bytecodeIndex", Type.INT),
                    pooled("type", Type.FRAME_TYPE)),
            type(Type.METHOD, "jdk.types.Method")
                .add(
                    pooled("type", Type.CLASS),
                    pooled("name", Type.SYMBOL),
                    pooled("descriptor", Type.SYMBOL),
                    field("modifiers", Type.INT),
                    field("hidden", Type.BOOLEAN)),
            type(Type.PACKAGE, "jdk.types.Package").add(pooled("name", Type.SYMBOL)),
            type(Type.SYMBOL, "jdk.types.Symbol")
                .with("simpleType", true)
                .add(field("string", Type.STRING)),
            annotation(Type.LABEL, "jdk.jfr.Label", field("value", Type.STRING)),
            annotation(
                Type.CATEGORY,
                "jdk.jfr.Category",
                field("value", Type.STRING).with("dimension", 1)),
            annotation(Type.TIMESTAMP, "jdk.jfr.Timestamp", field("value", Type.STRING)),
            annotation(Type.TIMESPAN, "jdk.jfr.Timespan", field("value", Type.STRING)),
            event(Type.EXECUTION_SAMPLE, "jdk.ExecutionSample", "Method Profiling Sample")
                .add(category("Java Virtual Machine", "Profiling"))
                .add(
                    pooled("sampledThread", Type.THREAD).add(label("Thread")),
                    pooled("stackTrace", Type.STACK_TRACE).add(label("Stack Trace")),
                    pooled("state", Type.THREAD_STATE).add(label("Thread State"))),
            event(Type.CPU_TIME_SAMPLE, "spprof.CPUTimeSample", "CPU Time Sample")
                .add(category("spprof"))
                .add(
                    pooled("stackTrace", Type.STACK_TRACE).add(label("Stack Trace")),
                    pooled("eventThread", Type.THREAD).add(label("Thread")),
                    field("failed", Type.BOOLEAN).add(label("Failed")),
                    field("samplingPeriod", Type.LONG).add(label("CPU Time"), ticks(Type.TIMESPAN)),
                    field("biased", Type.BOOLEAN).add(label("Biased")),
                    pooled("state", Type.STATE).add(label("Thread State"))),
            event(Type.CPU_TIME_SAMPLES_LOST, "spprof.CPUTimeSamplesLost", "CPU Time Samples Lost")
                .add(category("spprof"))
                .add(
                    field("lostSamples", Type.INT).add(label("Lost Samples")),
                    pooled("eventThread", Type.THREAD).add(label("Thread"))),
            event(Type.JVM_INFORMATION, "jdk.JVMInformation", "JVM Information")
                .add(category("Java Virtual Machine"))
                .add(
                    field("jvmName", Type.STRING).add(label("JVM Name")),
                    field("jvmVersion", Type.STRING).add(label("JVM Version")),
                    field("jvmArguments", Type.STRING).add(label("JVM Command Line Arguments")),
                    field("jvmFlags", Type.STRING).add(label("JVM Settings File Arguments")),
                    field("javaArguments", Type.STRING).add(label("Java Application Arguments")),
                    field("jvmStartTime", Type.LONG)
                        .add(
                            label("JVM Start Time"),
                            annotated(Type.TIMESTAMP).with("value", "MILLISECONDS_SINCE_EPOCH")),
                    field("pid", Type.LONG).add(label("Process Identifier"))),
            event(Type.ACTIVE_SETTING, "jdk.ActiveSetting", "Active Setting")
                .add(category("Flight Recorder"))
                .add(
                    field("duration", Type.LONG).add(ticks(Type.TIMESPAN)),
                    pooled("eventThread", Type.THREAD),
                    pooled("stackTrace", Type.STACK_TRACE),
                    field("id", Type.LONG).add(label("Event Id")),
                    field("name", Type.STRING).add(label("Setting Name")),
                    field("value", Type.STRING).add(label("Setting Value"))),
            event(Type.SESSION, "spprof.Session", "Profiling Session")
                .add(category("spprof"))
                .add(
                    field("duration", Type.LONG).add(ticks(Type.TIMESPAN)),
                    field("program", Type.STRING).add(label("Main Class or Jar")),
                    field("host", Type.STRING).add(label("Host")),
                    field("sessionId", Type.LONG).add(label("Session Id")),
                    field("options", Type.STRING).add(label("Options")),
                    field("interval", Type.LONG).add(label("Interval"), nanoseconds()),
                    field("engine", Type.STRING).add(label("Engine")),
                    field("walker", Type.STRING).add(label("Stack Walker")),
                    field("samples", Type.LONG).add(label("Samples of the Session")),
                    field("cpuTime", Type.LONG).add(label("Their CPU Time"), nanoseconds()),
                    field("olderSamples", Type.LONG)
                        .add(label("Samples Whose Time Is Not Kept: Not in This Recording")),
                    field("droppedSamples", Type.LONG).add(label("Dropped Samples")),
                    field("droppedCpuTime", Type.LONG)
                        .add(label("CPU Time That Is in No Profile"), nanoseconds()),
                    field("unseenCpuTime", Type.LONG)
                        .add(label("Part of It Without a Signal"), nanoseconds())));
  }

  private static Element type(int id, String name) {
    return new Element("class").with("id", id).with("name", name);
  }

  private static Element annotation(int id, String name, Element field) {
    return type(id, name).with("superType", "java.lang.annotation.Annotation").add(field);
  }

  private static Element event(int id, String name, String label) {
    return type(id, name)
        .with("superType", "jdk.jfr.Event")
        .add(label(label))
        .add(field("startTime", Type.LONG).add(label("Start Time"), ticks(Type.TIMESTAMP)));
  }

  private static Element field(String name, int type) {
    return new Element("field").with("name", name).with("class", type);
  }

  private static Element pooled(String name, int type) {
    return field(name, type).with("constantPool", true);
  }

  private static Element label(String text) {
    return annotated(Type.LABEL).with("value", text);
  }

  private static Element category(String... names) {
    Element category = annotated(Type.CATEGORY);
    for (int i = 0; i < names.length; i++) {
      category.with("value-" + i, names[i]);
    }
    return category;
  }

  private static Element ticks(int annotation) {
    return annotated(annotation).with("value", "TICKS");
  }

  private static Element nanoseconds() {
    return annotated(Type.TIMESPAN).with("value", "NANOSECONDS");
  }

  private static Element annotated(int type) {
    return new Element("annotation").with("class", type);
  }
}
