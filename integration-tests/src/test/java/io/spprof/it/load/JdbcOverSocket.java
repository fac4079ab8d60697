package io.spprof.it.load;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.LongAdder;
import org.h2.tools.Server;

/**
 * An H2 server and its clients, connected over sockets on the loopback. Workers write texts of
 * every length, read them back and compare. An exception, or a text that differs, fails the whole
 * workload. The question "transactions" is answered with the number of correct transactions.
 */
public final class JdbcOverSocket {

  private static final int LONGEST = 50_000;
  private static final LongAdder TRANSACTIONS = new LongAdder();

  private JdbcOverSocket() {}

  /** Argument: number of workers. */
  public static void main(String[] args) throws IOException, SQLException {
    Deaf.start();
    Server server = Server.createTcpServer("-tcpPort", "0", "-ifNotExists", "-tcpDaemon").start();
    String url =
        "jdbc:h2:tcp://127.0.0.1:"
            + server.getPort()
            + "/mem:texts;DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=60000";
    try (Connection texts = DriverManager.getConnection(url);
        Statement sql = texts.createStatement()) {
      sql.execute("create table text(id int primary key, text varchar not null)");
    }
    for (int i = 0; i < Integer.parseInt(args[0]); i++) {
      int worker = i;
      Control.daemon("worker-" + i, () -> work(url, worker));
    }
    Control.serve(
        Map.of(
            "transactions",
            () -> Long.toString(TRANSACTIONS.sum()),
            "pester",
            Pester::everyThread));
  }

  private static void work(String url, int worker) {
    SplittableRandom random = new SplittableRandom(worker);
    try (Connection texts = DriverManager.getConnection(url);
        PreparedStatement merge = texts.prepareStatement("merge into text values(?, ?)");
        PreparedStatement select = texts.prepareStatement("select text from text where id = ?")) {
      texts.setAutoCommit(false);
      while (true) {
        String text = Long.toString(random.nextLong(), 36).repeat(1 + random.nextInt(LONGEST / 13));
        merge.setInt(1, worker);
        merge.setString(2, text);
        merge.executeUpdate();
        texts.commit();
        select.setInt(1, worker);
        try (ResultSet rows = select.executeQuery()) {
          if (!rows.next() || !rows.getString(1).equals(text)) {
            throw new IllegalStateException("another text came back");
          }
        }
        TRANSACTIONS.increment();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }
}
