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

/**
 * The database load: a small bank on an in-memory H2. Workers transfer money, look up, list and
 * record, each in transactions on a connection of its own. The question "transactions" is answered
 * with the number of committed transactions.
 */
public final class H2Oltp {

  private static final int ACCOUNTS = 10_000;
  private static final String URL = "jdbc:h2:mem:bank;DB_CLOSE_DELAY=-1;LOCK_TIMEOUT=10000";

  private static final LongAdder TRANSACTIONS = new LongAdder();
  private static volatile boolean onlyReports;

  private H2Oltp() {}

  /** Argument: number of workers. */
  public static void main(String[] args) throws IOException, SQLException {
    begin(Integer.parseInt(args[0]));
    Control.serve(Map.of("transactions", H2Oltp::transactions, "reports", H2Oltp::reports));
  }

  static void begin(int workers) throws SQLException {
    create();
    for (int i = 0; i < workers; i++) {
      int worker = i;
      Control.daemon("worker-" + i, () -> work(worker, workers));
    }
  }

  static String transactions() {
    return Long.toString(TRANSACTIONS.sum());
  }

  /** Makes each later transaction a report, like a bad release might. */
  private static String reports() {
    onlyReports = true;
    return "done";
  }

  static void create() throws SQLException {
    try (Connection bank = DriverManager.getConnection(URL);
        Statement sql = bank.createStatement()) {
      sql.execute(
          "create table account(id int primary key, owner varchar(40), balance bigint not null)");
      sql.execute(
          "create table entry(id identity primary key, account int not null, amount bigint not"
              + " null, note varchar(100))");
      sql.execute("create index entry_account on entry(account)");
      try (PreparedStatement insert =
          bank.prepareStatement("insert into account values(?, ?, ?)")) {
        for (int i = 0; i < ACCOUNTS; i++) {
          insert.setInt(1, i);
          insert.setString(2, "owner " + i % 997);
          insert.setLong(3, 1_000);
          insert.addBatch();
        }
        insert.executeBatch();
      }
    }
  }

  private static void work(int worker, int workers) {
    SplittableRandom random = new SplittableRandom(worker);
    try (Connection bank = connect()) {
      while (true) {
        transact(bank, random, worker, workers);
        TRANSACTIONS.increment();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A connection for a worker. */
  static Connection connect() throws SQLException {
    Connection bank = DriverManager.getConnection(URL);
    bank.setAutoCommit(false);
    return bank;
  }

  /** Runs a worker's next transaction. Which one depends on the worker's random numbers only. */
  static void transact(Connection bank, SplittableRandom random, int worker, int workers)
      throws SQLException {
    // Each worker moves money between accounts of its own, so that no two workers can deadlock.
    int from = random.nextInt(ACCOUNTS / workers) * workers + worker;
    int to = random.nextInt(ACCOUNTS / workers) * workers + worker;
    switch (onlyReports ? 3 : random.nextInt(4)) {
      case 0, 1 -> transfer(bank, from, to, random.nextLong(100));
      case 2 -> statement(bank, from);
      default -> report(bank, random.nextInt(ACCOUNTS - 200));
    }
    bank.commit();
  }

  private static void transfer(Connection bank, int from, int to, long amount) throws SQLException {
    try (PreparedStatement update =
            bank.prepareStatement("update account set balance = balance + ? where id = ?");
        PreparedStatement insert =
            bank.prepareStatement("insert into entry(account, amount, note) values(?, ?, ?)");
        PreparedStatement trim =
            bank.prepareStatement("delete from entry where account = ? and amount <= ?")) {
      move(update, from, -amount);
      move(update, to, amount);
      // Deletes first, and also equal amounts. So no account has two entries with one amount, and
      // the bank is no bigger after an hour than after a minute.
      trim.setInt(1, to);
      trim.setLong(2, amount);
      trim.executeUpdate();
      insert.setInt(1, to);
      insert.setLong(2, amount);
      insert.setString(3, "from " + from);
      insert.executeUpdate();
    }
  }

  private static void move(PreparedStatement update, int account, long amount) throws SQLException {
    update.setLong(1, amount);
    update.setInt(2, account);
    update.executeUpdate();
  }

  private static void statement(Connection bank, int account) throws SQLException {
    try (PreparedStatement query =
        bank.prepareStatement(
            "select a.owner, e.amount, e.note from account a left join entry e on e.account = a.id"
                + " where a.id = ? order by e.amount desc")) {
      query.setInt(1, account);
      read(query);
    }
  }

  private static void report(Connection bank, int first) throws SQLException {
    try (PreparedStatement query =
        bank.prepareStatement(
            "select owner, count(*), sum(balance) from account where id between ? and ? group by"
                + " owner order by 3 desc")) {
      query.setInt(1, first);
      query.setInt(2, first + 200);
      read(query);
    }
  }

  private static void read(PreparedStatement query) throws SQLException {
    try (ResultSet rows = query.executeQuery()) {
      while (rows.next()) {
        rows.getString(1);
        rows.getLong(2);
      }
    }
  }
}
