/**
 * The command line, a JMX client in the agent's jar. Each command is one class; those that talk to
 * a JVM reach it through {@link io.spprof.cli.Target}. The agent loads no class of this package.
 */
package io.spprof.cli;
