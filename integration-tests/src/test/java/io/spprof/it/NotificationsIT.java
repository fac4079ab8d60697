package io.spprof.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.spprof.it.load.Busy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.management.AttributeChangeNotification;
import javax.management.Notification;
import javax.management.ObjectName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Checks that a remote client receives the bean's notifications of changes of state and of the end
 * of a session.
 */
@Tag("system")
class NotificationsIT {

  @Test
  void shouldNotifyOfChangesOfStateAndOfTheEndOfASession() throws Exception {
    List<Notification> heard = new CopyOnWriteArrayList<>();
    try (TargetJvm target = TargetJvm.of(Busy.class, 1, 0).start();
        BeanClient bean = BeanClient.connect(target)) {
      bean.connection()
          .addNotificationListener(
              new ObjectName("io.spprof:type=Spprof"),
              (notification, handback) -> heard.add(notification),
              null,
              null);
      bean.startWith("interval=1ms,duration=1s");
      Await.until(
          "a notification of the session's end",
          () ->
              has(heard, "io.spprof.session.expired")
                  && heard.stream()
                      .anyMatch(
                          n ->
                              n instanceof AttributeChangeNotification change
                                  && "IDLE".equals(change.getNewValue())));
      List<String> states =
          heard.stream()
              .filter(AttributeChangeNotification.class::isInstance)
              .map(AttributeChangeNotification.class::cast)
              .map(change -> change.getAttributeName() + " " + change.getNewValue())
              .toList();
      assertEquals(List.of("State RUNNING", "State IDLE"), states);
      for (Notification notification : heard) {
        assertNull(notification.getUserData(), "no object of a class that a client may not have");
        assertTrue(notification.getMessage().length() > 10, notification.getMessage());
      }
    }
  }

  private static boolean has(List<Notification> heard, String type) {
    return heard.stream().anyMatch(notification -> notification.getType().equals(type));
  }
}
