package io.spprof.export;

import io.spprof.export.JfrMetadata.Type;
import io.spprof.profile.FrameKind;
import io.spprof.profile.Profile;
import io.spprof.profile.ProfileMethod;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Writes the constants of a recording that describe methods: the methods, their classes, the
 * packages of these classes, and the names of all of them as symbols. A profile has only one string
 * for a method; this class splits the string, by the method's kind:
 *
 * <pre>
 *    java.util.HashMap.get   a Java method: package, class and method
 *    libc.so.6`memset        a function: its library in the place of the class, and no package
 *    libc.so.6+0x9bf40       a function without a symbol: a class without a name
 *    [vdso]`clock_gettime    the same, because readers take a class with a bracket for an array
 *    [truncated]             any other frame: a class without a name
 * </pre>
 *
 * <p>Constants of different types may have the same number:
 *
 * <pre>
 *   method            its number in the profile + 1
 *   class, package    its index among the classes, or among the packages, of this object + 1
 *   symbol            4 x the number (as above) of the method, class or package that it names, + 1 for
 *                     a method, 2 for a class, 3 for a package
 *   0                 no constant
 * </pre>
 */
final class JfrSymbols {

  private static final int NAME_OF_METHOD = 1;
  private static final int NAME_OF_CLASS = 2;
  private static final int NAME_OF_PACKAGE = 3;
  private static final int DESCRIPTOR = 4; // the symbol with position 0

  /**
   * The descriptor of every method, because the profiler does not record the types of parameters
   * and results. It has parentheses because readers look for them.
   */
  private static final String UNKNOWN_DESCRIPTOR = "()";

  /**
   * The name of a class, or of a library in the place of a class.
   *
   * @param text for instance {@code java.util.HashMap} or {@code libc.so.6}
   * @param isLibrary whether the dots in the text separate no packages
   */
  private record ClassName(String text, boolean isLibrary) {

    // Written out: the generated methods of a record can keep its class loader (RecordMethodsTest).
    @Override
    public boolean equals(Object other) {
      return other instanceof ClassName that
          && text.equals(that.text)
          && isLibrary == that.isLibrary;
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }

    /**
     * Returns the name with slashes, as the JVM writes it. The slash in the name of a hidden class
     * becomes a plus.
     */
    String internal() {
      return isLibrary ? text : JfrSymbols.internal(text);
    }

    String packageName() {
      // The part of a hidden class's name after the slash contains no dots.
      return isLibrary ? "" : text.substring(0, Math.max(0, text.lastIndexOf('.')));
    }

    boolean isHidden() {
      return text.indexOf('/') >= 0;
    }
  }

  private final List<ProfileMethod> methods;
  private final int[] classOf; // the class of each method
  private final ClassName[] classes;
  private final int[] packageOf; // the package of each class
  private final String[] packages;

  JfrSymbols(Profile profile) {
    methods = profile.methods();
    Map<ClassName, Integer> classNumbers = new HashMap<>();
    classOf = new int[methods.size()];
    for (int method = 0; method < classOf.length; method++) {
      classOf[method] = number(classNumbers, className(methods.get(method)));
    }
    classes = inOrder(classNumbers, ClassName[]::new);
    Map<String, Integer> packageNumbers = new HashMap<>();
    packageOf = new int[classes.length];
    for (int i = 0; i < classes.length; i++) {
      packageOf[i] = number(packageNumbers, classes[i].packageName());
    }
    packages = inOrder(packageNumbers, String[]::new);
  }

  private static <T> int number(Map<T, Integer> numbers, T name) {
    Integer next = numbers.size();
    Integer known = numbers.putIfAbsent(name, next);
    return known == null ? next : known;
  }

  private static <T> T[] inOrder(Map<T, Integer> numbers, IntFunction<T[]> array) {
    T[] names = array.apply(numbers.size());
    numbers.forEach((name, number) -> names[number] = name);
    return names;
  }

  /** Returns the index at which the name of a method begins, after its class or library. */
  private static int methodAt(ProfileMethod method) {
    String name = method.name();
    if (method.kind() == FrameKind.JAVA) {
      return name.lastIndexOf('.') + 1;
    }
    return method.kind().isFunction() && !name.startsWith("[") ? name.indexOf('`') + 1 : 0;
  }

  private static ClassName className(ProfileMethod method) {
    String name = method.name().substring(0, Math.max(0, methodAt(method) - 1));
    return new ClassName(name, method.kind().isFunction());
  }

  private static String internal(String name) {
    return name.replace('/', '+').replace('.', '/');
  }

  boolean isTruncated(int method) {
    return methods.get(method).name().equals("[truncated]");
  }

  /** Returns whether a method stands at the root of a stack that could not be walked. */
  boolean isFailure(int method) {
    String name = methods.get(method).name();
    return name.startsWith("[broken: ") || name.startsWith("[unwalkable: ");
  }

  /** Writes the constant of a method. */
  void method(Bytes out, int method) {
    out.varint(method + 1L);
    out.varint(classOf[method] + 1L);
    out.varint(symbol(method, NAME_OF_METHOD));
    out.varint(DESCRIPTOR);
    out.varint(0); // modifiers
    out.write(0); // hidden
  }

  /**
   * Writes the classes, packages and symbols that methods refer to, in three pools.
   *
   * @param used the methods, by number
   */
  void writeUsed(Bytes out, BitSet used) {
    BitSet usedClasses = new BitSet();
    used.stream().forEach(method -> usedClasses.set(classOf[method]));
    BitSet usedPackages = new BitSet();
    usedClasses.stream().forEach(i -> usedPackages.set(packageOf[i]));

    out.varint(Type.CLASS);
    out.varint(usedClasses.cardinality());
    usedClasses.stream()
        .forEach(
            i -> {
              out.varint(i + 1L);
              out.varint(0); // class loader
              out.varint(symbol(i, NAME_OF_CLASS));
              out.varint(packageOf[i] + 1L);
              out.varint(0); // modifiers
              out.write(classes[i].isHidden() ? 1 : 0);
            });
    out.varint(Type.PACKAGE);
    out.varint(usedPackages.cardinality());
    usedPackages.stream()
        .forEach(
            i -> {
              out.varint(i + 1L);
              out.varint(symbol(i, NAME_OF_PACKAGE));
            });
    out.varint(Type.SYMBOL);
    out.varint(used.cardinality() + usedClasses.cardinality() + usedPackages.cardinality() + 1L);
    out.varint(DESCRIPTOR);
    JfrMetadata.string(out, UNKNOWN_DESCRIPTOR);
    used.stream()
        .forEach(
            number -> {
              ProfileMethod method = methods.get(number);
              out.varint(symbol(number, NAME_OF_METHOD));
              JfrMetadata.string(out, method.name().substring(methodAt(method)));
            });
    usedClasses.stream()
        .forEach(
            i -> {
              out.varint(symbol(i, NAME_OF_CLASS));
              JfrMetadata.string(out, classes[i].internal());
            });
    usedPackages.stream()
        .forEach(
            i -> {
              out.varint(symbol(i, NAME_OF_PACKAGE));
              JfrMetadata.string(out, internal(packages[i]));
            });
  }

  private static long symbol(int index, int kind) {
    return 4L * (index + 1) + kind;
  }
}
