package io.spprof.it.bench;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Makes an application big: it defines and links classes of ten methods each, one by one. It writes
 * the class files itself (JVMS 4.1), because the supported JDKs have no common API for that.
 */
final class ManyClasses extends ClassLoader {

  private static final int METHODS = 10;

  ManyClasses() {
    super(ManyClasses.class.getClassLoader());
  }

  /** Defines, links and initializes classes. */
  void define(int count) {
    for (int i = 0; i < count; i++) {
      String name = "bench/many/C" + i;
      byte[] file = classFile(name);
      defineClass(name.replace('/', '.'), file, 0, file.length);
      try {
        Class.forName(name.replace('/', '.'), true, this);
      } catch (ClassNotFoundException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** A public class with static methods m0() to m9() that do nothing. */
  private static byte[] classFile(String name) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(700);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(0xCAFEBABE);
      out.writeInt(52); // Java 8
      out.writeShort(7 + METHODS);
      utf8(out, name); // 1
      classAt(out, 1); // 2
      utf8(out, "java/lang/Object"); // 3
      classAt(out, 3); // 4
      utf8(out, "()V"); // 5
      utf8(out, "Code"); // 6
      for (int i = 0; i < METHODS; i++) {
        utf8(out, "m" + i); // 7 + i
      }
      out.writeShort(0x0021); // public super
      out.writeShort(2);
      out.writeShort(4);
      out.writeShort(0); // interfaces
      out.writeShort(0); // fields
      out.writeShort(METHODS);
      for (int i = 0; i < METHODS; i++) {
        method(out, 7 + i);
      }
      out.writeShort(0); // attributes
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void method(DataOutputStream out, int name) throws IOException {
    out.writeShort(0x0009); // public static
    out.writeShort(name);
    out.writeShort(5);
    out.writeShort(1);
    out.writeShort(6); // Code
    out.writeInt(13);
    out.writeShort(0); // stack
    out.writeShort(0); // locals
    out.writeInt(1);
    out.writeByte(0xB1); // return
    out.writeShort(0); // handlers
    out.writeShort(0); // attributes
  }

  private static void utf8(DataOutputStream out, String text) throws IOException {
    out.writeByte(1);
    out.writeUTF(text);
  }

  private static void classAt(DataOutputStream out, int name) throws IOException {
    out.writeByte(7);
    out.writeShort(name);
  }
}
