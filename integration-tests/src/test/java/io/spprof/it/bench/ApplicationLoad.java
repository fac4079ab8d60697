package io.spprof.it.bench;

import io.spprof.it.load.GcAndJit;
import io.spprof.it.load.H2Oltp;
import io.spprof.it.load.Javac;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.Statement;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * What the applications of {@link Application} do, in a JVM of their own. The libraries of some are
 * no part of the build, so they are called by reflection, or by a script in Clojure.
 */
final class ApplicationLoad {

  private static final int WORKERS = 2;
  private static final long WARM_UP_MILLIS = 4000;
  private static final int BLOCK = 1 << 20;

  private static volatile long sink;

  /** Lazy sequences, maps, sorting and recursion: deep stacks of small generated classes. */
  private static final String CLOJURE =
      """
      (require '[clojure.string :as str])
      (defn tree [depth seed]
        (if (zero? depth)
          {:value seed}
          {:value seed :children (mapv #(tree (dec depth) (+ (* 31 seed) %)) (range 4))}))
      (defn total [node] (reduce + (mod (:value node) 1000) (map total (:children node))))
      (defn work [i]
        (->> (range 20000)
             (map #(mod (* 7919 (+ % i)) 10007))
             (group-by #(mod % 100))
             (sort-by first)
             (map (fn [[k v]] [k (count v) (str/join "," (take 5 (sort v)))]))
             (filter #(odd? (second %)))
             (into {} (map (juxt first identity)))
             count
             (+ (total (tree 6 i)))))
      (dotimes [n 2]
        (.start (Thread. #(loop [i n] (work i) (recur (inc i))))))
      @(promise)
      """;

  /** Two threads that add small texts to an index and search it. */
  private static final String LUCENE =
      """
      (import '(org.apache.lucene.store ByteBuffersDirectory)
              '(org.apache.lucene.analysis.core WhitespaceAnalyzer)
              '(org.apache.lucene.document Document TextField Field$Store)
              '(org.apache.lucene.index DirectoryReader IndexWriter IndexWriterConfig Term)
              '(org.apache.lucene.search BooleanClause$Occur BooleanQuery$Builder IndexSearcher
                                         TermQuery))
      (defn words [^java.util.SplittableRandom random n]
        (apply str (interpose " " (repeatedly n #(str "w" (.nextInt random (inc (.nextInt random 3000))))))))
      (defn query [^java.util.SplittableRandom random]
        (let [builder (BooleanQuery$Builder.)]
          (dotimes [_ 3]
            (.add builder
                  (TermQuery. (Term. "text" (str "w" (.nextInt random 3000))))
                  BooleanClause$Occur/SHOULD))
          (.build builder)))
      (defn work [^java.util.SplittableRandom random]
        (with-open [store (ByteBuffersDirectory.)
                    writer (IndexWriter. store (IndexWriterConfig. (WhitespaceAnalyzer.)))]
          (dotimes [_ 2000]
            (let [document (Document.)]
              (.add document (TextField. "text" ^String (words random 60) Field$Store/NO))
              (.addDocument writer document)))
          (.commit writer)
          (with-open [reader (DirectoryReader/open store)]
            (let [searcher (IndexSearcher. reader)]
              (dotimes [_ 2000] (.search searcher (query random) 10))))))
      (dotimes [n 2]
        (let [random (java.util.SplittableRandom. n)]
          (.start (Thread. #(loop [] (work random) (recur))))))
      @(promise)
      """;

  private ApplicationLoad() {}

  /** Repeated for ever by each of two threads. */
  @FunctionalInterface
  private interface Round {
    long run(SplittableRandom random) throws Exception;
  }

  /** Starts a load, and returns when it has run for a few seconds. */
  static void warmUp(String load) throws Exception {
    System.setIn(new PipedInputStream(new PipedOutputStream())); // for ever open
    start(load);
    Thread.sleep(WARM_UP_MILLIS);
  }

  private static void start(String load) throws Exception {
    switch (load) {
      case "h2" -> background(() -> H2Oltp.main(new String[] {"" + WORKERS}));
      case "javac" -> background(() -> Javac.main(new String[0]));
      case "gc" -> background(() -> GcAndJit.main(new String[0]));
      case "zlib" -> repeat(ApplicationLoad::zlib);
      case "sqlite" -> sqlite();
      case "rocksdb" -> rocksdb();
      case "netty" -> netty();
      case "clojure" -> clojure(CLOJURE);
      case "lucene" -> clojure(LUCENE);
      default -> throw new IllegalArgumentException(load);
    }
  }

  /** A step that can fail. */
  @FunctionalInterface
  private interface Main {
    void run() throws Exception;
  }

  private static void background(Main main) {
    Thread thread =
        new Thread(
            () -> {
              try {
                main.run();
              } catch (Exception e) {
                e.printStackTrace();
                Runtime.getRuntime().halt(70);
              }
            },
            "load");
    thread.setDaemon(true);
    thread.start();
  }

  private static void repeat(Round round) {
    for (int i = 0; i < WORKERS; i++) {
      SplittableRandom random = new SplittableRandom(i);
      background(
          () -> {
            while (true) {
              sink += round.run(random);
            }
          });
    }
  }

  private static long zlib(SplittableRandom random) throws Exception {
    byte[] text = new byte[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
      text[i] = (byte) ('a' + random.nextInt(random.nextInt(26) + 1));
    }
    byte[] packed = new byte[BLOCK];
    Deflater deflater = new Deflater();
    deflater.setInput(text);
    deflater.finish();
    int length = deflater.deflate(packed);
    deflater.end();
    Inflater inflater = new Inflater();
    inflater.setInput(packed, 0, length);
    int unpacked = inflater.inflate(text);
    inflater.end();
    return unpacked;
  }

  /** Runs a script that never ends. */
  private static void clojure(String script) throws Exception {
    Method main = Class.forName("clojure.main").getMethod("main", String[].class);
    background(() -> main.invoke(null, (Object) new String[] {"-e", script}));
  }

  private static void sqlite() {
    repeat(
        random -> {
          try (Connection bank = DriverManager.getConnection("jdbc:sqlite::memory:");
              Statement sql = bank.createStatement()) {
            sql.execute("create table entry(id integer primary key, account int, note text)");
            sql.execute("create index entry_account on entry(account)");
            bank.setAutoCommit(false);
            try (PreparedStatement insert =
                bank.prepareStatement("insert into entry(account, note) values(?, ?)")) {
              for (int i = 0; i < 20_000; i++) {
                insert.setInt(1, random.nextInt(1000));
                insert.setString(2, "note " + random.nextLong());
                insert.executeUpdate();
              }
            }
            for (int i = 0; i < 20; i++) {
              sql.executeQuery(
                      "select account, count(*), max(note) from entry where note like '%"
                          + random.nextInt(100)
                          + "%' group by account order by 2 desc")
                  .close();
            }
          }
          return 0;
        });
  }

  private static void rocksdb() throws Exception {
    Class<?> type = Class.forName("org.rocksdb.RocksDB");
    type.getMethod("loadLibrary").invoke(null);
    Path folder = Files.createTempDirectory("rocks");
    Object store = type.getMethod("open", String.class).invoke(null, folder.toString());
    Method put = type.getMethod("put", byte[].class, byte[].class);
    Method get = type.getMethod("get", byte[].class);
    repeat(
        random -> {
          byte[] key = ("key" + random.nextInt(2_000_000)).getBytes(StandardCharsets.UTF_8);
          byte[] value = new byte[100];
          Arrays.fill(value, (byte) random.nextInt(30));
          put.invoke(store, key, value);
          get.invoke(store, key);
          get.invoke(store, ("key" + random.nextInt(4_000_000)).getBytes(StandardCharsets.UTF_8));
          return 0;
        });
  }

  /** A server with netty's native transport that sends back what clients send. */
  private static void netty() throws Exception {
    String channel = "io.netty.channel.";
    Class<?> groupType = Class.forName(channel + "EventLoopGroup");
    Object group =
        Class.forName(channel + "epoll.EpollEventLoopGroup").getConstructor().newInstance();
    Class<?> bootstrapType = Class.forName("io.netty.bootstrap.ServerBootstrap");
    Object bootstrap = bootstrapType.getConstructor().newInstance();
    bootstrapType.getMethod("group", groupType).invoke(bootstrap, group);
    bootstrapType
        .getMethod("channel", Class.class)
        .invoke(bootstrap, Class.forName(channel + "epoll.EpollServerSocketChannel"));
    Class<?> handlerType = Class.forName(channel + "ChannelHandler");
    bootstrapType.getMethod("childHandler", handlerType).invoke(bootstrap, echo(channel));
    Object future =
        bootstrapType
            .getMethod("bind", java.net.SocketAddress.class)
            .invoke(bootstrap, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Class<?> futureType = Class.forName(channel + "ChannelFuture");
    futureType.getMethod("sync").invoke(future);
    Object server = futureType.getMethod("channel").invoke(future);
    InetSocketAddress address =
        (InetSocketAddress)
            Class.forName(channel + "Channel").getMethod("localAddress").invoke(server);
    for (int i = 0; i < WORKERS; i++) {
      Socket socket = new Socket(address.getAddress(), address.getPort());
      InputStream in = socket.getInputStream();
      OutputStream out = socket.getOutputStream();
      byte[] bytes = new byte[512];
      background(
          () -> {
            while (true) {
              out.write(bytes);
              in.readNBytes(bytes, 0, bytes.length);
            }
          });
    }
  }

  private static Object echo(String channel) throws Exception {
    Class<?> contextType = Class.forName(channel + "ChannelHandlerContext");
    Method write = contextType.getMethod("writeAndFlush", Object.class);
    InvocationHandler handler =
        (proxy, method, args) -> {
          switch (method.getName()) {
            case "channelRead" -> write.invoke(args[0], args[1]);
            case "equals" -> {
              return proxy == args[0];
            }
            case "hashCode" -> {
              return System.identityHashCode(proxy);
            }
            default -> {
              // not of interest
            }
          }
          return null;
        };
    return Proxy.newProxyInstance(
        ApplicationLoad.class.getClassLoader(),
        new Class<?>[] {Class.forName(channel + "ChannelInboundHandler")},
        handler);
  }
}
