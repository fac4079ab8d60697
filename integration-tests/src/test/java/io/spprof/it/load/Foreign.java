package io.spprof.it.load;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * What the loads need of java.lang.foreign, which is final since JDK 22 and a preview in 21, in
 * code that JDK 17 compiles. Pointers are longs.
 */
final class Foreign {

  private static final String PACKAGE = "java.lang.foreign.";
  private static final Object LINKER = Reflected.call(type("Linker"), "nativeLinker", null);

  private Foreign() {}

  /** Native memory, libraries and stubs, until it is closed by the thread that made it. */
  static final class Memory implements AutoCloseable {
    private final Object arena = Reflected.call(type("Arena"), "ofConfined", null);

    @Override
    public void close() {
      Reflected.call(type("Arena"), "close", arena);
    }
  }

  /** What finds the functions of a library. */
  static Object library(Path file, Memory memory) {
    return Reflected.call(type("SymbolLookup"), "libraryLookup", null, file, memory.arena);
  }

  /** What finds the functions of the C library. */
  static Object cLibrary() {
    return Reflected.call(type("Linker"), "defaultLookup", LINKER);
  }

  /** A function that the thread calls as a native method. */
  static MethodHandle function(Object lookup, String name, MethodType type) {
    return downcall(lookup, name, type, Array.newInstance(type("Linker$Option"), 0));
  }

  /** A function that the thread calls without leaving Java. */
  static MethodHandle withoutLeavingJava(Object lookup, String name, MethodType type) {
    Object options = Array.newInstance(type("Linker$Option"), 1);
    Array.set(options, 0, Reflected.call(type("Linker$Option"), "critical", null, false));
    return downcall(lookup, name, type, options);
  }

  /** The address of a function that calls {@code target}. */
  static long stub(MethodHandle target, Memory memory) {
    Object segment =
        Reflected.call(
            type("Linker"),
            "upcallStub",
            LINKER,
            target,
            descriptor(target.type()),
            memory.arena,
            Array.newInstance(type("Linker$Option"), 0));
    return (long) Reflected.call(type("MemorySegment"), "address", segment);
  }

  private static MethodHandle downcall(
      Object lookup, String name, MethodType type, Object options) {
    Optional<?> symbol = (Optional<?>) Reflected.call(type("SymbolLookup"), "find", lookup, name);
    return (MethodHandle)
        Reflected.call(
            type("Linker"),
            "downcallHandle",
            LINKER,
            symbol.orElseThrow(),
            descriptor(type),
            options);
  }

  private static Object descriptor(MethodType type) {
    Object parameters = Array.newInstance(type("MemoryLayout"), type.parameterCount());
    for (int i = 0; i < type.parameterCount(); i++) {
      Array.set(parameters, i, layout(type.parameterType(i)));
    }
    return type.returnType() == void.class
        ? Reflected.call(type("FunctionDescriptor"), "ofVoid", null, parameters)
        : Reflected.call(
            type("FunctionDescriptor"), "of", null, layout(type.returnType()), parameters);
  }

  private static Object layout(Class<?> primitive) {
    return Reflected.constant(
        type("ValueLayout"), "JAVA_" + primitive.getName().toUpperCase(Locale.ROOT));
  }

  private static Class<?> type(String name) {
    return Reflected.type(PACKAGE + name);
  }
}
