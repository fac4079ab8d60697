package io.spprof.it.load;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * What the loads need of java.lang.foreign, which is final since JDK 22, in code that JDK 17
 * compiles. Pointers are longs.
 */
final class Foreign {

  private static final String PACKAGE = "java.lang.foreign.";
  private static final Object LINKER = call(type("Linker"), "nativeLinker", null);

  private Foreign() {}

  /** Native memory, libraries and stubs, until it is closed by the thread that made it. */
  static final class Memory implements AutoCloseable {
    private final Object arena = call(type("Arena"), "ofConfined", null);

    @Override
    public void close() {
      call(type("Arena"), "close", arena);
    }
  }

  /** What finds the functions of a library. */
  static Object library(Path file, Memory memory) {
    return call(type("SymbolLookup"), "libraryLookup", null, file, memory.arena);
  }

  /** What finds the functions of the C library. */
  static Object cLibrary() {
    return call(type("Linker"), "defaultLookup", LINKER);
  }

  /** A function that the thread calls as a native method. */
  static MethodHandle function(Object lookup, String name, MethodType type) {
    return downcall(lookup, name, type, Array.newInstance(type("Linker$Option"), 0));
  }

  /** A function that the thread calls without leaving Java. */
  static MethodHandle withoutLeavingJava(Object lookup, String name, MethodType type) {
    Object options = Array.newInstance(type("Linker$Option"), 1);
    Array.set(options, 0, call(type("Linker$Option"), "critical", null, false));
    return downcall(lookup, name, type, options);
  }

  /** The address of a function that calls {@code target}. */
  static long stub(MethodHandle target, Memory memory) {
    Object segment =
        call(
            type("Linker"),
            "upcallStub",
            LINKER,
            target,
            descriptor(target.type()),
            memory.arena,
            Array.newInstance(type("Linker$Option"), 0));
    return (long) call(type("MemorySegment"), "address", segment);
  }

  private static MethodHandle downcall(
      Object lookup, String name, MethodType type, Object options) {
    Optional<?> symbol = (Optional<?>) call(type("SymbolLookup"), "find", lookup, name);
    return (MethodHandle)
        call(
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
        ? call(type("FunctionDescriptor"), "ofVoid", null, parameters)
        : call(type("FunctionDescriptor"), "of", null, layout(type.returnType()), parameters);
  }

  private static Object layout(Class<?> primitive) {
    try {
      return type("ValueLayout").getField("JAVA_" + primitive.getName().toUpperCase()).get(null);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Class<?> type(String name) {
    try {
      return Class.forName(PACKAGE + name);
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException(e);
    }
  }

  /** By the name and the arguments' types. */
  private static Object call(Class<?> type, String name, Object on, Object... arguments) {
    for (Method method : type.getMethods()) {
      if (method.getName().equals(name) && takes(method.getParameterTypes(), arguments)) {
        try {
          return method.invoke(on, arguments);
        } catch (ReflectiveOperationException e) {
          throw new IllegalStateException(name, e);
        }
      }
    }
    throw new IllegalStateException(type + " has no " + name + Arrays.toString(arguments));
  }

  private static boolean takes(Class<?>[] parameters, Object[] arguments) {
    if (parameters.length != arguments.length) {
      return false;
    }
    for (int i = 0; i < arguments.length; i++) {
      if (!MethodType.methodType(parameters[i]).wrap().returnType().isInstance(arguments[i])) {
        return false;
      }
    }
    return true;
  }
}
