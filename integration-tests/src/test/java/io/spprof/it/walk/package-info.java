/** Tests whether stacks are walked to their roots: loads times modes of the JVM, in one table. */
package io.spprof.it.walk;
