package io.spprof.agent;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** Makes jars with the layout of the agent's jar and contents for a test. */
final class TestJars {

  private TestJars() {}

  /**
   * Compiles one class.
   *
   * @return its class files by path
   */
  static Map<String, byte[]> compile(Path scratch, String name, String source) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    JavaFileObject file =
        new SimpleJavaFileObject(
            URI.create("string:///" + name.replace('.', '/') + ".java"),
            JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
    Path classes = Files.createTempDirectory(scratch, "classes");
    if (!compiler
        .getTask(null, null, problems, List.of("-d", classes.toString()), null, List.of(file))
        .call()) {
      throw new IllegalArgumentException(problems.getDiagnostics().toString());
    }
    return files(classes);
  }

  static Map<String, byte[]> files(Path root) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> walk = Files.walk(root)) {
      for (Path path : walk.filter(Files::isRegularFile).toList()) {
        files.put(root.relativize(path).toString().replace('\\', '/'), Files.readAllBytes(path));
      }
    }
    return files;
  }

  /** Makes a jar with files at its root and files in the folder of the isolated class loader. */
  static Path jar(Path jar, Map<String, byte[]> root, Map<String, byte[]> isolated)
      throws IOException {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
      for (Map.Entry<String, byte[]> file : root.entrySet()) {
        add(out, file.getKey(), file.getValue());
      }
      for (Map.Entry<String, byte[]> file : isolated.entrySet()) {
        add(out, IsolatedClassLoader.FOLDER + file.getKey(), file.getValue());
      }
    }
    return jar;
  }

  private static void add(JarOutputStream out, String name, byte[] bytes) throws IOException {
    out.putNextEntry(new JarEntry(name));
    out.write(bytes);
    out.closeEntry();
  }
}
