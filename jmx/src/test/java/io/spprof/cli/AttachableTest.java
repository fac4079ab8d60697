package io.spprof.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests {@link Attachable}, which checks whether a command can attach to a process without harm. It
 * reads files of /proc; the tests write such files, as proc(5) describes them.
 */
class AttachableTest {

  private static final String PID = "1234";
  private static final String CATCHES = "0000000181005ccf"; // a mask like HotSpot's, with SIGQUIT
  private static final String CATCHES_NOT = "0000000181005ccb";
  private static final String JVM_MAPS = "7f00-7f01 r-xp 00000000 08:01 1 /usr/lib/jvm/libjvm.so\n";

  @TempDir private Path directory;

  private Path proc;
  private Path tmp;

  @BeforeEach
  void itsOwnProcess() throws IOException {
    proc = Files.createDirectory(directory.resolve("proc"));
    tmp = Files.createDirectory(directory.resolve("tmp"));
    Files.createSymbolicLink(
        proc.resolve("self"), Path.of(Long.toString(ProcessHandle.current().pid())));
  }

  private Path process(String state, String more, String caught, String maps) throws IOException {
    Path process = Files.createDirectories(proc.resolve(PID));
    Files.writeString(
        process.resolve("status"),
        "Name:\tja:va\nState:\t" + state + "\n" + more + "SigCgt:\t" + caught + "\n");
    started("777");
    Files.writeString(process.resolve("maps"), maps);
    return process;
  }

  private void started(String time) throws IOException {
    Files.writeString(
        proc.resolve(PID).resolve("stat"),
        "1234 (a) b) S 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 " + time + " 20 21\n");
  }

  private Attachable attachable() {
    return new Attachable(proc, tmp, "Linux", 17);
  }

  private Attachable.Look look() {
    return attachable().look(PID);
  }

  private void refuses(boolean isJvm, String part) {
    assertTrue(look().problem().contains(part), look()::toString);
    assertEquals(isJvm, look().isJvm(), look()::toString);
  }

  @Test
  void shouldAllowAJvmThatCatchesTheSignal() throws IOException {
    process("S (sleeping)", "Tgid:\t1234\n", CATCHES, JVM_MAPS);
    assertEquals(new Attachable.Look(true, "", "777"), look());
  }

  @Test
  void shouldRefuseAProcessThatDoesNotCatchTheSignal() throws IOException {
    process("S (sleeping)", "", CATCHES_NOT, JVM_MAPS);
    refuses(true, "does not handle SIGQUIT");
  }

  @Test
  void shouldRefuseAProcessThatUsesTheSignalForSomethingElse() throws IOException {
    process("S (sleeping)", "", CATCHES, "7f00-7f01 r-xp 00000000 08:01 1 /usr/sbin/nginx\n");
    refuses(false, "is no JVM");
  }

  @Test
  void shouldRecognizeAJvmWithoutItsLibraryByItsPerformanceData() throws IOException {
    process("S", "", CATCHES, "7f00-7f01 rw-s 00000000 08:01 1 /tmp/hsperfdata_me/1234\n");
    assertEquals("", look().problem());
  }

  @Test
  void shouldRelyOnTheSignalMaskWhereItMayNotReadTheMaps() throws IOException {
    Path process = process("S", "", CATCHES, JVM_MAPS);
    Files.delete(process.resolve("maps"));
    assertEquals("", look().problem());
    process("S", "", CATCHES_NOT, "");
    Files.delete(process.resolve("maps"));
    refuses(true, "does not handle SIGQUIT");
  }

  @Test
  void shouldAllowAJvmThatListensWithoutTheSignal() throws IOException { // -Xrs
    Path process = process("S", "NSpid:\t1234\n", CATCHES_NOT, JVM_MAPS);
    Path root = Files.createDirectories(process.resolve("root/tmp"));
    Files.createFile(root.resolve(".java_pid1234"));
    refuses(
        true, "does not handle SIGQUIT"); // a JDK that looks in its own /tmp would send the signal
    Files.createFile(tmp.resolve(".java_pid1234"));
    assertEquals("", look().problem());
  }

  @Test
  void shouldLookIntoAContainerForItsSocket() throws IOException {
    Path process = process("S", "NSpid:\t1234\t7\n", CATCHES_NOT, JVM_MAPS);
    Path root = Files.createDirectories(process.resolve("root/tmp"));
    Files.createFile(root.resolve(".java_pid7"));
    assertEquals("", look().problem());
    Files.delete(root.resolve(".java_pid7"));
    Files.createFile(root.resolve(".java_pid1234"));
    refuses(true, "does not handle SIGQUIT");
  }

  @Test
  void shouldRefuseAProcessThatIsStopped() throws IOException {
    process("T (stopped)", "", CATCHES, JVM_MAPS);
    refuses(true, "kill -CONT 1234");
    process("t (tracing stop)", "", CATCHES, JVM_MAPS);
    refuses(true, "is stopped");
  }

  @Test
  void shouldRefuseAPidWithoutAProcess() throws IOException {
    refuses(false, "there is no process 1234");
    process("Z (zombie)", "", CATCHES, JVM_MAPS);
    refuses(false, "has ended");
    process("S (sleeping)", "Tgid:\t1200\n", CATCHES, JVM_MAPS);
    refuses(false, "thread of process 1200");
  }

  @Test
  void shouldRefuseAllWhereProcShowsAnotherNamespace() throws IOException {
    process("S (sleeping)", "", CATCHES, JVM_MAPS);
    Files.delete(proc.resolve("self"));
    Files.createSymbolicLink(proc.resolve("self"), Path.of("1"));
    refuses(false, "another pid namespace");
  }

  @Test
  void shouldDetectALaterProcessWithTheSamePid() throws IOException {
    Path process = process("S (sleeping)", "", CATCHES, JVM_MAPS);
    Attachable.Look before = look();
    assertTrue(attachable().isStill(PID, before));
    started("778");
    assertFalse(attachable().isStill(PID, before));
    Files.delete(process.resolve("stat"));
    assertFalse(attachable().isStill(PID, before));
  }

  @Test
  void shouldDeleteTheRequestOfAnAttachThatWasGivenUp() throws IOException {
    Path process = process("S", "NSpid:\t1234\t7\n", CATCHES, JVM_MAPS);
    Path request = Files.createDirectory(process.resolve("cwd")).resolve(".attach_pid7");
    Files.createFile(request);
    attachable().discardRequest(PID);
    assertFalse(Files.exists(request));
    attachable().discardRequest("99");
  }

  @Test
  void shouldLeaveTheCheckToAJdkThatMakesIt() {
    assertEquals("", new Attachable(proc, tmp, "Mac OS X", 24).look(PID).problem());
    assertEquals("", new Attachable(proc, tmp, "Windows 11", 17).look(PID).problem());
  }

  @Test
  void shouldFindTheSocketOfAJvmThatListens() throws IOException {
    Path process =
        process("S (sleeping)", "Uid:\t7\t8\t8\t8\nNSpid:\t1234\t56\n", CATCHES, JVM_MAPS);
    assertNull(attachable().socket(PID));
    Path root = Files.createDirectories(process.resolve("root/tmp"));
    Files.createFile(root.resolve(".java_pid56"));
    assertNotNull(attachable().socket(PID));
    assertNull(new Attachable(proc, tmp, "Mac OS X", 17).socket(PID));
    process("T (stopped)", "Uid:\t7\t8\t8\t8\nNSpid:\t1234\t56\n", CATCHES, JVM_MAPS);
    assertNull(attachable().socket(PID), "the check finds a problem");
  }
}
