package io.spprof.export;

import io.spprof.profile.Profile;
import io.spprof.sampler.DropReason;
import io.spprof.sampler.Drops;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Generates profiles that look like real ones. */
final class SampleProfiles {

  private static final String[] PACKAGES = {
    "io.shop.cart",
    "io.shop.price",
    "io.shop.stock",
    "org.web.http",
    "org.web.json",
    "java.util",
    "java.util.concurrent",
    "java.lang.reflect",
    "jdk.internal.net.http",
    "org.sql.pool"
  };
  private static final String[] CLASSES = {
    "Router", "Handler", "Engine", "Parser", "Cache", "Index", "Writer", "Filter", "Planner", "Node"
  };
  private static final String[] METHODS = {
    "handle", "apply", "resolve", "readNext", "compute", "visit", "encode", "lookup", "merge", "run"
  };

  private SampleProfiles() {}

  /**
   * Generates stacks as random walks through a fixed graph of calls, so that some paths are hot.
   *
   * @param distinctStacks the number of different stacks
   * @param threads the number of threads
   */
  static Profile web(int distinctStacks, int threads) {
    Random random = new Random(42);
    ProfileText text = ProfileText.lines();
    for (int i = 0; i < distinctStacks; i++) {
      List<String> stack = new ArrayList<>();
      stack.add("java.lang.Thread.run");
      stack.add("java.util.concurrent.ThreadPoolExecutor$Worker.run");
      int method = (int) Math.abs(random.nextGaussian() * 2);
      int depth = 6 + random.nextInt(44);
      for (int level = 2; level < depth; level++) {
        stack.add(name(method));
        method = method * 7 + 3 + (int) Math.abs(random.nextGaussian() * 1.4);
        method %= 1000;
      }
      // A method with its own number makes each stack distinct.
      stack.add("io.shop.generated.Rule" + i % 4000 + ".eval" + i / 4000);
      String thread =
          "http-worker-"
              + (int) Math.min(threads - 1, Math.abs(random.nextGaussian()) * threads / 2.5);
      long samples = 1 + (long) Math.pow(random.nextDouble() * 4, 3);
      text.row(thread, stack, samples, samples * ProfileText.INTERVAL_NANOS);
    }
    text.with(
        "C2 CompilerThread0;[native thread] " + distinctStacks,
        "GC Thread#0;[no Java frame] " + distinctStacks / 2,
        "main;[unwalkable: stub or prologue] " + distinctStacks / 10,
        "main;[truncated];io.shop.Deep.recurse;io.shop.Deep.recurse;io.shop.Deep.leaf "
            + distinctStacks / 4);
    return text.dropped(
            Drops.NONE
                .plus(DropReason.BUFFER_FULL, 1200)
                .plus(DropReason.LATE, 34)
                .plus(DropReason.STACK_TABLE_FULL, 5),
            12_390_000_000L)
        .unwalkable(distinctStacks / 10)
        .build();
  }

  private static String name(int method) {
    return PACKAGES[method % 10] + "." + CLASSES[method / 10 % 10] + "." + METHODS[method / 100];
  }
}
