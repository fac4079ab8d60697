/**
 * Real JVMs, real clients, real workloads. A test starts a {@link io.spprof.it.TargetJvm} with a
 * workload of {@code io.spprof.it.load} in it, talks to the bean as any remote client does ({@link
 * io.spprof.it.BeanClient}: a name, open types, none of the product's classes), and compares what
 * the profiler says with what the workload or the kernel knows.
 *
 * <p>What is asserted are laws, not counts: every signal ends somewhere, the samples stand for the
 * CPU time that was used, a share of the profile is a share of the CPU time. Where chance has a
 * part, the test says how large it is and runs long enough for four standard deviations.
 *
 * <p>One of them: {@code ./mvnw -q verify -Dtest=none -Dsurefire.failIfNoSpecifiedTests=false
 * -Dit.test=SplitIT}. What the CPU accounting measured is in {@code target/it/cpu-accounting.tsv}.
 */
package io.spprof.it;
