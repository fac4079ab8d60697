package io.spprof.it.load;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.net.URI;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/**
 * A load of javac, a big program with deep stacks. It compiles some hundred classes that exist in
 * memory only.
 */
public final class Javac {

  private static final int CLASSES = 300;

  private Javac() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException {
    List<Source> sources = IntStream.range(0, CLASSES).mapToObj(Source::new).toList();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    Loads.serve(random -> compile(compiler, some(sources, random)));
  }

  /**
   * A random run of adjacent sources. Each class refers only to the previous one, so every such run
   * compiles.
   */
  private static List<Source> some(List<Source> sources, SplittableRandom random) {
    int first = random.nextInt(CLASSES / 2);
    return sources.subList(first, first + 10 + random.nextInt(CLASSES / 2 - 10));
  }

  private static long compile(JavaCompiler compiler, List<Source> sources) throws IOException {
    StringWriter messages = new StringWriter();
    try (Memory files = new Memory(compiler.getStandardFileManager(null, null, null))) {
      List<String> options = List.of("-proc:none", "-Xlint:all", "-g");
      if (!compiler.getTask(messages, files, null, options, null, sources).call()) {
        throw new IllegalStateException(messages.toString());
      }
      return files.bytes;
    }
  }

  private static final class Memory extends ForwardingJavaFileManager<JavaFileManager> {
    private long bytes;

    Memory(JavaFileManager platform) {
      super(platform);
    }

    @Override
    public JavaFileObject getJavaFileForOutput(
        Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
      return new SimpleJavaFileObject(URI.create("mem:///" + name + kind.extension), kind) {
        @Override
        public OutputStream openOutputStream() {
          return new ByteArrayOutputStream() {
            @Override
            public void close() {
              bytes += size();
            }
          };
        }
      };
    }
  }

  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(int number) {
      super(URI.create("mem:///gen/C" + number + ".java"), Kind.SOURCE);
      text = text(number);
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }

    private static String text(int n) {
      StringBuilder out = new StringBuilder();
      out.append("package gen;\nimport java.util.*;\nimport java.util.function.*;\n");
      out.append("import java.util.stream.*;\n");
      out.append("public class C").append(n).append("<K extends Comparable<K>, V> {\n");
      out.append("  enum Kind { RED, GREEN, BLUE }\n");
      out.append("  interface Visitor<R> { R leaf(long v); R pair(Node a, Node b); }\n");
      out.append("  interface Node { <R> R accept(Visitor<R> v); }\n");
      out.append("  record Leaf(long v) implements Node {\n");
      out.append("    public <R> R accept(Visitor<R> to) { return to.leaf(v); } }\n");
      out.append("  record Pair(Node a, Node b) implements Node {\n");
      out.append("    public <R> R accept(Visitor<R> to) { return to.pair(a, b); } }\n");
      out.append("  private final Map<K, List<V>> all = new TreeMap<>();\n");
      for (int m = 0; m < 8; m++) {
        out.append(method(n, m));
      }
      return out.append("}\n").toString();
    }

    private static String method(int n, int m) {
      return """
        Map<Integer, Long> count$M(Collection<? extends V> values, int limit) {
          Map<Integer, Long> found = values.stream()
              .filter(Objects::nonNull)
              .map(v -> v.toString() + "-$N")
              .flatMap(s -> s.chars().boxed())
              .collect(Collectors.groupingBy(c -> c % (limit + $M), Collectors.counting()));
          for (Map.Entry<Integer, Long> e : found.entrySet()) {
            if (e.getKey() > limit * $M + $N && e.getValue() < (long) found.size() << 2) {
              e.setValue(e.getValue() ^ 0x$Nl + new int[] {1, $M, $N}[e.getKey() % 3]);
            }
          }
          return found;
        }

        long fold$M(Node node, Kind kind) {
          Visitor<Long> sum = new Visitor<>() {
            public Long leaf(long v) { return v * $N + switch (kind) {
              case RED -> 1; case GREEN -> $M; default -> { int x = 0;
                for (int i = 0; i < $M; i++) { x += i % 2 == 0 ? i : -i; } yield x; } }; }
            public Long pair(Node a, Node b) { return a.accept(this) + b.accept(this); }
          };
          try {
            String name = "C$N.fold$M" + kind + node;
            return name.isEmpty() ? 0 : node.accept(sum);
          } catch (IllegalStateException | ArithmeticException e) {
            throw new UnsupportedOperationException("no " + kind, e);
          }
        }

        <T extends Number & Comparable<T>> Optional<T> best$M(List<T> of, Function<T, K> key) {
          Comparator<T> order = Comparator.comparing(key).thenComparing(Comparator.naturalOrder());
          Supplier<Stream<T>> each = () -> of.stream().sorted(order.reversed()).skip($M);
          return each.get().findFirst().or(() -> of.stream().max(order));
        }
      """
          .replace("$M", Integer.toString(m))
          .replace("$N", Integer.toString(n));
    }
  }
}
