package io.spprof.it;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Serializes the test classes that have very many timers or that set the limit of timers. Timers of
 * all processes count against one limit of the user, RLIMIT_SIGPENDING. So only one of these
 * classes runs at a time, even if several JVMs run tests.
 */
final class UsersTimers implements BeforeAllCallback, AfterAllCallback {

  private FileChannel lock;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    Path file = TestPaths.output("users-timers.lock");
    lock = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    lock.lock();
  }

  @Override
  public void afterAll(ExtensionContext context) throws Exception {
    lock.close(); // releases the lock
  }
}
