package io.spprof.it;

import io.spprof.it.console.Driver;
import io.spprof.testing.Installed;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/**
 * Runs JConsole, the console of the JDK, with our plugin on a virtual display. {@link Driver}
 * operates it with the mouse.
 */
final class JConsole implements AutoCloseable {

  private final Process display;
  private final Process console;
  private final Lines out;
  private final Lines err;
  private final BufferedWriter in;
  private int seen;

  /** Opens JConsole; without an address JConsole asks for one. */
  JConsole(String... address) throws Exception {
    Path home = TestPaths.newDirectory("jconsole");
    Path chosen = home.resolve("display");
    display =
        new ProcessBuilder(
                "Xvfb", "-displayfd", "1", "-screen", "0", "1280x1280x24", "-nolisten", "tcp")
            .redirectOutput(chosen.toFile())
            .redirectError(home.resolve("xvfb.log").toFile())
            .start();
    Await.until("a display", () -> Files.exists(chosen) && Files.readString(chosen).endsWith("\n"));
    List<String> command =
        new java.util.ArrayList<>(
            List.of(
                TestPaths.jdkProgram("java").toString(),
                "-Duser.home=" + home,
                "-Duser.language=en",
                Programs.PATIENT_ATTACH,
                "-Djava.util.prefs.userRoot=" + home,
                "--add-exports=jdk.jconsole/sun.tools.jconsole=ALL-UNNAMED",
                "-classpath",
                TestPaths.classPathEntry(Driver.class).toString(),
                Driver.class.getName(),
                "-interval=1",
                "-pluginpath",
                TestPaths.agentJar().toString()));
    command.addAll(List.of(address));
    // Two clicks are a double click however slow the machine is. AWT asks X for the time between
    // them, in milliseconds.
    Files.writeString(home.resolve(".Xdefaults"), "*multiClickTime: 60000\n");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("HOME", home.toString());
    builder.environment().put("DISPLAY", ":" + Files.readString(chosen).strip());
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    console = builder.start();
    out = new Lines("jconsole", console.getInputStream());
    err = new Lines("jconsole's stderr", console.getErrorStream());
    in =
        new BufferedWriter(
            new OutputStreamWriter(console.getOutputStream(), StandardCharsets.UTF_8));
  }

  /** Skips the calling test if there is no display server, or no JConsole with windows. */
  static void require() {
    Installed.require("Xvfb");
    Programs.requireFile(Path.of(System.getProperty("java.home"), "lib", "libawt_xawt.so"));
    Programs.requireFile(Path.of(System.getProperty("java.home"), "bin", "jconsole"));
  }

  /** Sends the driver a command and returns its answer. */
  String act(String... words) throws IOException, InterruptedException {
    in.write(String.join("\t", words) + "\n");
    in.flush();
    String answer =
        out.await(seen, line -> line.startsWith("= ") || line.startsWith("! "), Await.PATIENCE)
            .orElseThrow(() -> new AssertionError(output()));
    seen = out.count(); // the driver prints only answers
    if (answer.startsWith("!")) {
      throw new AssertionError(answer + "; " + output());
    }
    return answer.substring(2);
  }

  void awaitThere(String component) throws Exception {
    Await.until(component, () -> act("there", component).equals("true"));
  }

  /** Opens a tab as soon as it exists. */
  void openTab(String title) throws Exception {
    Await.until(
        "tab " + title,
        () -> {
          act("tab", title);
          return act("isOpen", title).equals("true");
        });
  }

  /** Selects a node of the tree in view as soon as it exists. */
  void openNode(String path) throws Exception {
    Await.until("node " + path, () -> act("node", path).equals("true"));
  }

  /** Waits until the text of a component matches, and returns the text. */
  String awaitText(String component, String regex) throws Exception {
    Pattern pattern = Pattern.compile(regex);
    AtomicReference<String> text = new AtomicReference<>();
    try {
      Await.until(
          component + " reads " + regex,
          () -> {
            text.set(act("text", component));
            return pattern.matcher(text.get()).find();
          });
    } catch (AssertionError e) {
      shot("jconsole-failed");
      throw new AssertionError(
          e.getMessage() + "; it reads '" + text.get() + "'; stderr " + err.all(), e);
    }
    return text.get();
  }

  /** Takes a screenshot of JConsole's window. */
  void shot(String name) throws IOException, InterruptedException {
    File file = TestPaths.output(name + ".png").toFile();
    act("shot", file.toString());
  }

  String output() {
    return "stdout " + out.all() + ", stderr " + err.all();
  }

  /** The lines that JConsole printed on its standard error. */
  List<String> stderr() {
    return err.all();
  }

  @Override
  public void close() throws IOException {
    in.close(); // the driver ends when its input ends
    try {
      if (!console.waitFor(20, TimeUnit.SECONDS)) {
        console.destroyForcibly();
      }
      display.destroy();
      display.waitFor(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
