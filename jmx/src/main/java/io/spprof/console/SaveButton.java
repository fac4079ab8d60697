package io.spprof.console;

import java.awt.Component;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.swing.JButton;
import javax.swing.JFileChooser;
import javax.swing.SwingWorker;

/**
 * A button that saves the profile in a file on the machine on which JConsole runs: of the stretch
 * of time that the flame graph shows, or all that is kept.
 */
final class SaveButton extends JButton {

  private static final long serialVersionUID = 1L;

  private static final Map<String, String> FORMATS = new LinkedHashMap<>();

  static {
    FORMATS.put(".html", "html");
    FORMATS.put(".jfr", "jfr");
    FORMATS.put(".pb.gz", "pprof");
    FORMATS.put(".json", "speedscope");
    FORMATS.put(".kinds.cpu.collapsed", "collapsed-kinds-cpu");
    FORMATS.put(".kinds.collapsed", "collapsed-kinds");
    FORMATS.put(".cpu.collapsed", "collapsed-cpu");
    FORMATS.put(".collapsed", "collapsed");
    FORMATS.put(".txt", "text");
  }

  private final transient RemoteBean bean;
  private final transient Supplier<String> minutes;
  private final transient BiConsumer<String, Boolean> messages;

  /**
   * Makes the button.
   *
   * @param owner the component that owns the file dialog
   * @param bean the bean whose profile is saved
   * @param minutes returns the length of the chosen stretch in minutes; "" for all that is kept
   * @param messages receives each message for the user, and whether the message is an error
   */
  SaveButton(
      Component owner,
      RemoteBean bean,
      Supplier<String> minutes,
      BiConsumer<String, Boolean> messages) {
    super("Save...");
    this.bean = bean;
    this.minutes = minutes;
    this.messages = messages;
    setToolTipText(
        "Writes the profile, of the time that the flame graph is of, into a file here; the suffix"
            + " decides the format");
    addActionListener(event -> choose(owner));
  }

  private void choose(Component owner) {
    JFileChooser chooser = new JFileChooser();
    chooser.setDialogTitle("Save the profile as " + String.join(", ", FORMATS.keySet()));
    chooser.setSelectedFile(new File("profile.html"));
    if (chooser.showSaveDialog(owner) == JFileChooser.APPROVE_OPTION) {
      save(chooser.getSelectedFile().toPath());
    }
  }

  void save(Path file) {
    String format = format(file);
    if (format == null) {
      messages.accept(
          "The suffix of "
              + file.getFileName()
              + " names no format; valid: "
              + String.join(" ", FORMATS.keySet()),
          true);
      return;
    }
    String length = minutes.get();
    setEnabled(false);
    new SwingWorker<Long, Long>() {
      @Override
      protected Long doInBackground() throws IOException, JMException {
        return write(format, file, length, this::publish);
      }

      @Override
      protected void process(List<Long> bytes) {
        say("Writing %s ... %,d bytes", file, bytes.get(bytes.size() - 1));
      }

      @Override
      protected void done() {
        setEnabled(true);
        try {
          say("%s: %,d bytes%s", file, get(), stretch(length));
        } catch (ExecutionException e) {
          Throwable cause = e.getCause();
          messages.accept(
              cause instanceof FileAlreadyExistsException
                  ? file + " exists; choose another name"
                  : "Cannot save " + file + ": " + RemoteBean.meaning(cause),
              true);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }.execute();
  }

  private static String stretch(String minutes) {
    return switch (minutes) {
      case "" -> "";
      case "1" -> ", the last minute";
      case "60" -> ", the last hour";
      default -> ", the last " + minutes + " minutes";
    };
  }

  private void say(String format, Object... values) {
    messages.accept(String.format(Locale.ROOT, format, values), false);
  }

  /** Returns the format that belongs to a file's suffix; null for an unknown suffix. */
  static String format(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return FORMATS.entrySet().stream()
        .filter(format -> name.endsWith(format.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  /** Writes the profile into a new file. Deletes the file if the profile is not complete. */
  private long write(String format, Path file, String length, LongConsumer progress)
      throws IOException, JMException {
    String range = length.isEmpty() ? "" : DifferenceButton.after(length);
    boolean complete = false;
    try (OutputStream out =
        Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      try {
        bean.copy(format, range, out, progress);
        complete = true;
      } finally {
        if (!complete) {
          Files.deleteIfExists(file);
        }
      }
    }
    return Files.size(file);
  }
}
