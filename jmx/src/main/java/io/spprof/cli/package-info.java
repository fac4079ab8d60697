/**
 * The command line: a JMX client in the agent's jar. Each command is a class. A command that works
 * on a JVM reaches the JVM through {@link io.spprof.cli.Target}. The agent itself loads no class of
 * this package.
 */
package io.spprof.cli;
