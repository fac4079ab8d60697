package io.spprof.console;

import java.awt.Component;
import java.awt.Desktop;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.swing.JButton;
import javax.swing.JFileChooser;
import javax.swing.SwingWorker;

/**
 * A button that compares the chosen stretch of time with the stretch of the same length before it.
 * Both must be kept, so the last hour needs a session with {@code retention=2h}. The button saves
 * the page of the difference in a file on the machine on which JConsole runs, and opens the file in
 * a browser if the desktop has one.
 */
final class DifferenceButton extends JButton {

  private static final long serialVersionUID = 1L;

  private final transient RemoteBean bean;
  private final transient Supplier<String> minutes;
  private final transient BiConsumer<String, Boolean> messages;
  private boolean isWanted = true;
  private boolean isSaving;

  /**
   * Makes the button.
   *
   * @param bean the bean of the session
   * @param minutes returns the length of the chosen stretch in minutes, for instance 10
   * @param messages receives each message for the user, and whether the message is an error
   */
  DifferenceButton(
      RemoteBean bean, Supplier<String> minutes, BiConsumer<String, Boolean> messages) {
    super("Save difference...");
    this.bean = bean;
    this.minutes = minutes;
    this.messages = messages;
    setToolTipText(
        "Saves a page that compares the chosen time with the same time before it; the last hour"
            + " needs retention=2h");
    addActionListener(event -> choose());
  }

  /** Enables or disables the button. While it saves a difference, it is disabled in any case. */
  @Override
  public void setEnabled(boolean isEnabled) {
    isWanted = isEnabled;
    super.setEnabled(isEnabled && !isSaving);
  }

  private void setSaving(boolean isNow) {
    isSaving = isNow;
    setEnabled(isWanted);
  }

  private void choose() {
    JFileChooser chooser = new JFileChooser();
    chooser.setDialogTitle("Save the difference as .html");
    chooser.setSelectedFile(new File("difference.html"));
    Component owner = getParent();
    if (chooser.showSaveDialog(owner) == JFileChooser.APPROVE_OPTION) {
      save(chooser.getSelectedFile().toPath(), true);
    }
  }

  /** Saves the difference in a new file, in the background. */
  void save(Path file, boolean opens) {
    String length = minutes.get();
    setSaving(true);
    messages.accept("Making the difference ...", false);
    new SwingWorker<Void, Void>() {
      @Override
      protected Void doInBackground() throws IOException, JMException {
        write(file, length);
        if (opens && Desktop.isDesktopSupported()) {
          open(file);
        }
        return null;
      }

      @Override
      protected void done() {
        setSaving(false);
        try {
          get();
          messages.accept("The difference is in " + file + ".", false);
        } catch (ExecutionException e) {
          Throwable cause = e.getCause();
          messages.accept(
              cause instanceof FileAlreadyExistsException
                  ? file + " exists; choose another name"
                  : "Cannot save the difference: " + RemoteBean.meaning(cause),
              true);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }.execute();
  }

  /**
   * Writes the difference into a new file. Creates the file first, because the difference costs the
   * target some time. Deletes the file if the difference is not complete.
   */
  private void write(Path file, String length) throws IOException, JMException {
    boolean isComplete = false;
    try (OutputStream out =
        Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      try {
        bean.copyDifference(before(length), after(length), out);
        isComplete = true;
      } finally {
        if (!isComplete) {
          Files.deleteIfExists(file);
        }
      }
    }
  }

  private static void open(Path file) {
    try {
      Desktop.getDesktop().browse(file.toUri());
    } catch (IOException | UnsupportedOperationException e) {
      // The message names the file.
    }
  }

  /** Returns the range before the last minutes, of the same length. */
  static String before(String minutes) {
    int length = Integer.parseInt(minutes);
    return "from=-" + 2 * length + "m,to=-" + length + "m";
  }

  static String after(String minutes) {
    return "last=" + minutes + "m";
  }
}
