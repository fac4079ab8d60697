package io.spprof;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.TypeDescriptor;
import java.lang.runtime.ObjectMethods;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Stands in for {@link ObjectMethods}, which makes {@code equals}, {@code hashCode} and {@code
 * toString} of a record when the method is called for the first time. Remembers which methods were
 * made. The name of this class is as long as that of the other, so {@link RecordMethodsTest} can
 * put it into the class files of records.
 */
public final class RecordedObjectMethods {

  static final Set<String> MADE = new ConcurrentSkipListSet<>();

  private RecordedObjectMethods() {}

  /** Makes a method. Called by the JVM; {@link ObjectMethods#bootstrap} describes the arguments. */
  public static Object bootstrap(
      MethodHandles.Lookup lookup,
      String methodName,
      TypeDescriptor type,
      Class<?> recordClass,
      String names,
      MethodHandle... getters)
      throws Throwable {
    MADE.add(recordClass.getName() + "." + methodName);
    return ObjectMethods.bootstrap(lookup, methodName, type, recordClass, names, getters);
  }
}
