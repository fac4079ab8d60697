/**
 * The agent's bootstrap. These few classes are the only part of spprof that the application's class
 * path shows. So they depend on the JDK alone; {@link io.spprof.agent.IsolatedClassLoader} loads
 * everything else.
 */
package io.spprof.agent;
