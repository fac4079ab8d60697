package io.spprof.it.load;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.lang.reflect.Array;
import java.util.Locale;
import java.util.Optional;

/** Does the same as {@link Foreign}, with JDK 17's module jdk.incubator.foreign. */
final class IncubatingForeign {

  private static final Object LINKER = Reflected.call(type("CLinker"), "getInstance", null);

  private IncubatingForeign() {}

  /** A handle to a function of the C library. */
  static MethodHandle function(String name, MethodType type) {
    Object library = Reflected.call(type("CLinker"), "systemLookup", null);
    Optional<?> symbol =
        (Optional<?>) Reflected.call(type("SymbolLookup"), "lookup", library, name);
    return (MethodHandle)
        Reflected.call(
            type("CLinker"),
            "downcallHandle",
            LINKER,
            symbol.orElseThrow(),
            type,
            descriptor(type));
  }

  /**
   * The address of a native function that calls {@code target}; it lives as long as the calling
   * thread.
   */
  static long stub(MethodHandle target) {
    Object scope = Reflected.call(type("ResourceScope"), "newConfinedScope", null);
    Object address =
        Reflected.call(
            type("CLinker"), "upcallStub", LINKER, target, descriptor(target.type()), scope);
    return (long) Reflected.call(type("MemoryAddress"), "toRawLongValue", address);
  }

  private static Object descriptor(MethodType type) {
    Object parameters = Array.newInstance(type("MemoryLayout"), type.parameterCount());
    for (int i = 0; i < type.parameterCount(); i++) {
      Array.set(parameters, i, layout(type.parameterType(i)));
    }
    Class<?> descriptor = type("FunctionDescriptor");
    return type.returnType() == void.class
        ? Reflected.call(descriptor, "ofVoid", null, parameters)
        : Reflected.call(descriptor, "of", null, layout(type.returnType()), parameters);
  }

  private static Object layout(Class<?> primitive) {
    String name = "C_" + primitive.getName().toUpperCase(Locale.ROOT);
    return Reflected.constant(type("CLinker"), name);
  }

  private static Class<?> type(String name) {
    return Reflected.type("jdk.incubator.foreign." + name);
  }
}
