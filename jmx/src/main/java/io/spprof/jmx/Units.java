package io.spprof.jmx;

import javax.management.Descriptor;
import javax.management.ImmutableDescriptor;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.openmbean.OpenMBeanAttributeInfo;
import javax.management.openmbean.OpenMBeanAttributeInfoSupport;
import javax.management.openmbean.OpenType;

/**
 * Adds the units of attributes to the bean's metadata, in the descriptor's field {@code units}.
 * {@link Descriptor} reserves this field, and clients show it (JDK Mission Control does).
 */
final class Units {

  static final String FIELD = "units";

  private Units() {}

  /** Returns the same metadata, with the unit of each attribute that has one. */
  static MBeanInfo added(MBeanInfo info) {
    MBeanAttributeInfo[] attributes = info.getAttributes();
    for (int i = 0; i < attributes.length; i++) {
      String unit = Descriptions.attribute(attributes[i].getName()).unit();
      if (!unit.isEmpty()) {
        attributes[i] = with(unit, attributes[i]);
      }
    }
    return new MBeanInfo(
        info.getClassName(),
        info.getDescription(),
        attributes,
        info.getConstructors(),
        info.getOperations(),
        info.getNotifications(),
        info.getDescriptor());
  }

  private static MBeanAttributeInfo with(String unit, MBeanAttributeInfo info) {
    Descriptor descriptor =
        ImmutableDescriptor.union(
            info.getDescriptor(), new ImmutableDescriptor(FIELD + "=" + unit));
    if (info instanceof OpenMBeanAttributeInfo open) {
      return new OpenMBeanAttributeInfoSupport(
          info.getName(),
          info.getDescription(),
          (OpenType<?>) open.getOpenType(),
          info.isReadable(),
          info.isWritable(),
          info.isIs(),
          descriptor);
    }
    return new MBeanAttributeInfo(
        info.getName(),
        info.getType(),
        info.getDescription(),
        info.isReadable(),
        info.isWritable(),
        info.isIs(),
        descriptor);
  }
}
