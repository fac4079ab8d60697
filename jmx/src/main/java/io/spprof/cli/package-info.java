/**
 * The command line: another JMX client, in the agent's jar. One class a command; {@link
 * io.spprof.cli.Target} is where they all reach a JVM. Nothing of this is loaded by the agent.
 */
package io.spprof.cli;
