package io.spprof.export;

import io.spprof.export.JfrMetadata.Type;
import io.spprof.profile.Profile;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;

/**
 * Writes the constants of a recording that describe methods: the methods, their classes, the
 * packages of these classes, and the names of all of them as symbols. A profile has only one string
 * for a method, for instance {@code java.util.HashMap.get}; this class splits the string. A
 * synthetic frame has a name in brackets; it becomes a method of a class without a name.
 *
 * <p>Each constant has a number within its type:
 *
 * <pre>
 *    class or package: its position in the array, from 1
 *    symbol          : 4 x the position + kind; 0 is none
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

  private final Profile profile;
  private final BitSet functions = new BitSet(); // the methods that are functions of native code
  private final int[] classOf; // the class of each method
  private final String[] classes;
  private final int[] packageOf; // the package of each class
  private final String[] packages;

  JfrSymbols(Profile profile) {
    this.profile = profile;
    for (int frame = 0; frame < profile.frameCount(); frame++) {
      if (profile.isNative(frame)) {
        functions.set(profile.frameMethod(frame));
      }
    }
    Map<String, Integer> classNumbers = new HashMap<>();
    classOf = new int[profile.methodCount()];
    for (int method = 0; method < classOf.length; method++) {
      String name = className(method);
      Integer next = classNumbers.size();
      Integer known = classNumbers.putIfAbsent(name, next);
      classOf[method] = known == null ? next : known;
    }
    classes = inOrder(classNumbers);
    Map<String, Integer> packageNumbers = new HashMap<>();
    packageOf = new int[classes.length];
    for (int i = 0; i < classes.length; i++) {
      String name = packageName(classes[i]);
      Integer next = packageNumbers.size();
      Integer known = packageNumbers.putIfAbsent(name, next);
      packageOf[i] = known == null ? next : known;
    }
    packages = inOrder(packageNumbers);
  }

  private static String[] inOrder(Map<String, Integer> numbers) {
    String[] names = new String[numbers.size()];
    numbers.forEach((name, number) -> names[number] = name);
    return names;
  }

  /**
   * Returns the index at which the name of the method begins in {@code a.B.c}. A function of native
   * code has no class.
   */
  private int methodAt(int method) {
    String name = profile.methodName(method);
    return Names.isSynthetic(name) || functions.get(method) ? 0 : name.lastIndexOf('.') + 1;
  }

  private String className(int method) {
    return profile.methodName(method).substring(0, Math.max(0, methodAt(method) - 1));
  }

  /**
   * Returns the name of a class with slashes, as the JVM writes it. The slash in the name of a
   * hidden class becomes a plus.
   */
  private static String internal(String className) {
    return className.replace('/', '+').replace('.', '/');
  }

  private static String packageName(String className) {
    // The part of a hidden class's name after the slash contains no dots.
    return className.substring(0, Math.max(0, className.lastIndexOf('.')));
  }

  boolean isTruncated(int method) {
    return profile.methodName(method).equals("[truncated]");
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

  /** Writes the classes, packages and symbols that these methods refer to, in three pools. */
  void writeUsed(Bytes out, BitSet methods) {
    BitSet usedClasses = new BitSet();
    methods.stream().forEach(method -> usedClasses.set(classOf[method]));
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
              out.write(classes[i].indexOf('/') >= 0 ? 1 : 0); // hidden
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
    out.varint(methods.cardinality() + usedClasses.cardinality() + usedPackages.cardinality() + 1L);
    out.varint(DESCRIPTOR);
    JfrMetadata.string(out, UNKNOWN_DESCRIPTOR);
    methods.stream()
        .forEach(
            method -> {
              out.varint(symbol(method, NAME_OF_METHOD));
              JfrMetadata.string(out, profile.methodName(method).substring(methodAt(method)));
            });
    usedClasses.stream()
        .forEach(
            i -> {
              out.varint(symbol(i, NAME_OF_CLASS));
              JfrMetadata.string(out, internal(classes[i]));
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
