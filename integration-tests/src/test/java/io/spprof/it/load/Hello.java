package io.spprof.it.load;

import java.io.IOException;
import java.util.Map;

/** Does nothing, and can report which of the profiler's dependencies its class path shows. */
public final class Hello {

  private Hello() {}

  /**
   * Serves the control protocol.
   *
   * @param args system properties to set, {@code KEY=VALUE}
   */
  public static void main(String[] args) throws IOException {
    for (String property : args) {
      System.setProperty(
          property.substring(0, property.indexOf('=')),
          property.substring(property.indexOf('=') + 1));
    }
    Control.serve(Map.of("foreign-classes", Hello::foreignClasses));
  }

  private static String foreignClasses() {
    StringBuilder seen = new StringBuilder();
    for (String name :
        new String[] {
          "com.sun.jna.Native", "com.sun.jna.Pointer", "org.apache.commons.lang3.StringUtils"
        }) {
      try {
        Class.forName(name, false, ClassLoader.getSystemClassLoader());
        seen.append(name).append(' ');
      } catch (ClassNotFoundException e) {
        // This is right: the application has none of them.
      }
    }
    return seen.toString().strip();
  }
}
