package io.spprof.sampler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class UnsupportedJvmTest {

  /** Runs a piece of a test with one system property changed. */
  private static void with(String key, String value, Runnable piece) {
    String before = System.getProperty(key);
    System.setProperty(key, value);
    try {
      piece.run();
    } finally {
      System.setProperty(key, before);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, 64, OpenJDK 64-Bit Server VM",
    "Linux, aarch64, 64, Java HotSpot(TM) 64-Bit Server VM",
    "Linux, amd64, 64, OpenJDK 64-Bit Zero VM",
    "Mac OS X, aarch64, 64, OpenJDK 64-Bit Server VM",
    "Linux, amd64, 64, Dynamic Code Evolution 64-Bit Server VM",
    "Linux, amd64, , " // A JVM without these properties is not refused for that.
  })
  void shouldPassEveryHotSpot(String os, String arch, String bits, String vm) {
    assertEquals("", UnsupportedJvm.problem(os, arch, bits, vm));
  }

  @ParameterizedTest
  @CsvSource({
    "Windows Server 2022, amd64, 64, OpenJDK 64-Bit Server VM, runs on Windows Server 2022, macOS",
    "Windows 11, x86, 32, Eclipse OpenJ9 VM, runs on Windows 11, macOS",
    "Linux, arm, 32, OpenJDK Server VM, 32-bit JVM (os.arch arm), with a 64-bit JVM",
    "Linux, i386, 32, OpenJDK Server VM, 32-bit JVM (os.arch i386), with a 64-bit JVM",
    "Linux, amd64, 64, Eclipse OpenJ9 VM, is Eclipse OpenJ9 VM, with a HotSpot JVM",
    "AIX, ppc64, 64, IBM J9 VM, is IBM J9 VM, with a HotSpot JVM",
    "Linux, amd64, 64, Zing 64-Bit Tiered VM, is Zing 64-Bit Tiered VM, with a HotSpot JVM",
    "Linux, amd64, 64, Substrate VM, is Substrate VM, with a HotSpot JVM"
  })
  void shouldNameWhatWasFoundAndTheRemedy(
      String os, String arch, String bits, String vm, String found, String remedy) {
    String problem = UnsupportedJvm.problem(os, arch, bits, vm);

    assertTrue(problem.contains(found), problem);
    assertTrue(problem.contains(remedy), problem);
    assertFalse(problem.contains("\n"), problem);
  }

  @ParameterizedTest
  @CsvSource({
    "os.name, Windows 11, runs on Windows 11",
    "sun.arch.data.model, 32, 32-bit JVM",
    "java.vm.name, Eclipse OpenJ9 VM, is Eclipse OpenJ9 VM"
  })
  void shouldBeRefusedBeforeNativeCodeIsLoaded(String key, String value, String found) {
    with(
        key,
        value,
        () -> {
          NativeSampler sampler = new NativeSampler();
          assertTrue(sampler.unavailable().contains(found), sampler.unavailable());
        });
    assertEquals("", new NativeSampler().unavailable());
  }

  @Test
  void shouldRefuseAPlatformWithoutALibrary() {
    with(
        "os.arch",
        "riscv64",
        () -> {
          String message = new NativeSampler().unavailable();
          assertTrue(message.contains("no native library for linux-"), message);
          assertTrue(message.contains("riscv64"), message);
        });
  }

  @Test
  void shouldSayWhichJvmCannotBeWalked() {
    SamplerConfig config =
        new SamplerConfig(Engine.CTIMER, Walker.AUTO, NativeFrames.NONE, 10_000_000, 64, 1 << 20);
    int result = -(SamplerFailure.WALKER.ordinal() << 16);
    String message = SamplerFailure.ofStart(result, config, "no symbols", null);

    assertTrue(message.contains(System.getProperty("java.vm.name")), message);
    assertTrue(message.contains("HotSpot"), message);
  }

  @Test
  void shouldRefuseToLoadTheLibrary() {
    with(
        "java.vm.name",
        "Zing 64-Bit Tiered VM",
        () -> {
          SamplerException refused =
              assertThrows(SamplerException.class, () -> new NativeSampler().load());
          assertEquals(NativeLibrary.unavailable(), refused.getMessage());
        });
  }
}
