package io.spprof.it.load;

import static java.lang.invoke.MethodType.methodType;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MutableCallSite;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.SplittableRandom;

/**
 * A load of calls through method handles and reflection. Their stacks contain adapters, linkers,
 * and frames that the JDK hides.
 */
public final class Handles {

  private Handles() {}

  private interface Operation {
    long apply(long x, String text);
  }

  private static long add(long x, String text) {
    return Spin.steps(x, 50) + text.length();
  }

  private long instance(long x, String text) {
    return Spin.steps(x, 30) ^ text.hashCode();
  }

  /** Takes no arguments. */
  public static void main(String[] args) throws IOException, ReflectiveOperationException {
    Lookup lookup = MethodHandles.lookup();
    MethodHandle add =
        lookup.findStatic(Handles.class, "add", methodType(long.class, long.class, String.class));
    MethodHandle instance =
        lookup
            .findVirtual(
                Handles.class, "instance", methodType(long.class, long.class, String.class))
            .bindTo(new Handles());
    Method reflected = Handles.class.getDeclaredMethod("add", long.class, String.class);
    Operation proxy =
        (Operation)
            Proxy.newProxyInstance(
                Handles.class.getClassLoader(),
                new Class<?>[] {Operation.class},
                (self, method, values) -> reflected.invoke(null, values));
    MutableCallSite site = new MutableCallSite(add);
    MethodHandle dynamic = site.dynamicInvoker();
    Loads.serve(
        random -> {
          // Sometimes changes the target, which discards the code that was compiled through the
          // call site.
          if (random.nextInt(500) == 0) {
            site.setTarget(random.nextBoolean() ? add : instance);
          }
          return handles(random, add, instance, dynamic) + reflection(random, reflected, proxy);
        });
  }

  private static long handles(
      SplittableRandom random, MethodHandle add, MethodHandle instance, MethodHandle dynamic)
      throws Throwable {
    long x = random.nextLong();
    for (int i = 0; i < 50; i++) {
      x += (long) add.invokeExact(x, "exact");
      x += (long) instance.invokeExact(x, "bound");
      Object boxed = add.invoke((Long) x, (Object) "generic");
      x += (Long) boxed;
      x += (Long) instance.invokeWithArguments(x, "many");
      x += (long) dynamic.invokeExact(x, "call site");
      MethodHandle guarded =
          i % 25 == 0
              ? MethodHandles.insertArguments(add, 1, "fresh")
              : null; // makes a new lambda form
      x += guarded == null ? 0 : (long) guarded.invokeExact(x);
    }
    return x;
  }

  private static long reflection(SplittableRandom random, Method method, Operation proxy)
      throws ReflectiveOperationException {
    long x = random.nextLong();
    for (int i = 0; i < 50; i++) {
      x += (Long) method.invoke(null, x, "reflected");
      x += proxy.apply(x, "proxied");
      x += Object.class.getDeclaredConstructor().newInstance().hashCode();
    }
    return x;
  }
}
