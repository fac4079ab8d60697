package io.spprof.it.load;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * The part of java.lang.foreign that the loads need. It calls the API by reflection, because JDK 17
 * compiles this code. The API is final since JDK 22 and a preview in 21. Pointers are longs.
 */
final class Foreign {

  private static final String PACKAGE = "java.lang.foreign.";
  private static final Object LINKER = Reflected.call(type("Linker"), "nativeLinker", null);

  private Foreign() {}

  /**
   * Native memory, libraries and stubs. They live until the thread that made this object closes it.
   */
  static final class Memory implements AutoCloseable {
    private final Object arena = Reflected.call(type("Arena"), "ofConfined", null);

    @Override
    public void close() {
      Reflected.call(type("Arena"), "close", arena);
    }
  }

  /** The symbol lookup of a library. */
  static Object library(Path file, Memory memory) {
    return Reflected.call(type("SymbolLookup"), "libraryLookup", null, file, memory.arena);
  }

  /** The symbol lookup of the C library. */
  static Object cLibrary() {
    return Reflected.call(type("Linker"), "defaultLookup", LINKER);
  }

  /** A handle to a function, which the thread calls like a native method. */
  static MethodHandle function(Object lookup, String name, MethodType type) {
    return downcall(lookup, name, type, Array.newInstance(type("Linker$Option"), 0));
  }

  /** A handle to a function, which the thread calls without leaving the state "in Java". */
  static MethodHandle withoutLeavingJava(Object lookup, String name, MethodType type) {
    Object options = Array.newInstance(type("Linker$Option"), 1);
    Array.set(options, 0, Reflected.call(type("Linker$Option"), "critical", null, false));
    return downcall(lookup, name, type, options);
  }

  /** The address of a native function that calls {@code target}. */
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
