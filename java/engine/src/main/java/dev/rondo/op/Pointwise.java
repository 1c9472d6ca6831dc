package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Odometer;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// A function of one, two or three elements that oneDNN has not, or not for their type, with NumPy's broadcasting.
///
/// Types: F32, I64, and U8 for truth, 0 or 1.
public final class Pointwise extends Op {
    /// A function of floats.
    @FunctionalInterface
    public interface OfFloats {
        /// @param b a again where the function has one argument
        double apply(double a, double b);
    }

    /// A function of integers or truths.
    @FunctionalInterface
    public interface OfIntegers {
        /// @param b a again where the function has one argument
        long apply(long a, long b);
    }

    /// Whether two elements relate in some way.
    public enum Relation {
        EQUAL,
        LESS,
        LESS_OR_EQUAL;

        private boolean holds(double a, double b) {
            return switch (this) {
                case EQUAL -> a == b;
                case LESS -> a < b;
                case LESS_OR_EQUAL -> a <= b;
            };
        }

        private boolean holds(long a, long b) {
            return switch (this) {
                case EQUAL -> a == b;
                case LESS -> a < b;
                case LESS_OR_EQUAL -> a <= b;
            };
        }
    }

    /// What is computed, for those who write it in another form.
    public sealed interface Meaning {
        /// A function of a float.
        record Activated(GateFunction function) implements Meaning {}

        /// Whether two elements relate.
        record Related(Relation relation) implements Meaning {}

        /// One of two elements by a condition.
        record Chosen() implements Meaning {}

        /// The elements as another type.
        record Converted() implements Meaning {}

        /// The elements, repeated.
        record Repeated() implements Meaning {}

        /// Whatever a function in Java does.
        record Other() implements Meaning {}
    }

    /// Computes the element at the positions where the odometer stands.
    @FunctionalInterface
    private interface Element {
        void compute(MemorySegment[] operands, Odometer at, MemorySegment result, long position);
    }

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;

    private final String name;
    private final Meaning meaning;
    private final Element element;

    private Pointwise(String name, Meaning meaning, DataType type, List<Value> operands, Element element) {
        this(name, meaning, type, broadcast(name, operands), operands, element);
    }

    private Pointwise(String name, Meaning meaning, DataType type, Shape shape, List<Value> operands, Element element) {
        super(operands);
        this.name = name;
        this.meaning = meaning;
        this.element = element;
        gives(operands.getFirst().recorder().allocate(shape, type));
    }

    private static Shape broadcast(String name, List<Value> operands) {
        Shape shape = operands.getFirst().shape();
        for (Value operand : operands) {
            shape = Shapes.broadcast(shape, operand.shape(), name);
        }
        return shape;
    }

    /// What is computed.
    public Meaning meaning() {
        return meaning;
    }

    /// An activation of each float of x.
    public static Pointwise activation(GateFunction function, Value x) {
        return floats(
                function.toString(), new Meaning.Activated(function), List.of(x), (a, _) -> function.of((float) a));
    }

    /// A function of each float of x.
    public static Pointwise floats(String name, Value x, OfFloats function) {
        return floats(name, new Meaning.Other(), List.of(x), function);
    }

    /// A function of two floats.
    public static Pointwise floats(String name, Value a, Value b, OfFloats function) {
        return floats(name, new Meaning.Other(), List.of(a, b), function);
    }

    private static Pointwise floats(String name, Meaning meaning, List<Value> operands, OfFloats function) {
        operands.forEach(operand -> Shapes.requireFloat(operand, name));
        int last = operands.size() - 1;
        return new Pointwise(name, meaning, DataType.F32, operands, (in, at, out, i) -> {
            double value = function.apply(in[0].getAtIndex(F32, at.at(0)), in[last].getAtIndex(F32, at.at(last)));
            out.setAtIndex(F32, i, (float) value);
        });
    }

    /// A function of each integer or truth of x.
    public static Pointwise integers(String name, Value x, OfIntegers function) {
        return integers(name, List.of(x), function);
    }

    /// A function of two integers, or of two truths.
    public static Pointwise integers(String name, Value a, Value b, OfIntegers function) {
        return integers(name, List.of(a, b), function);
    }

    private static Pointwise integers(String name, List<Value> operands, OfIntegers function) {
        DataType type = requireOneType(name, operands);
        if (type == DataType.F32) {
            throw new IllegalArgumentException(name + " takes I64 or U8 values, not F32");
        }
        int last = operands.size() - 1;
        return new Pointwise(name, new Meaning.Other(), type, operands, (in, at, out, i) -> {
            long value = function.apply(integer(in[0], type, at.at(0)), integer(in[last], type, at.at(last)));
            set(out, type, i, value);
        });
    }

    /// Whether a and b, of one type, relate: 1 or 0.
    public static Pointwise relation(Relation relation, Value a, Value b) {
        String name = relation.name();
        DataType type = requireOneType(name, List.of(a, b));
        return new Pointwise(name, new Meaning.Related(relation), DataType.U8, List.of(a, b), (in, at, out, i) -> {
            boolean holds = type == DataType.F32
                    ? relation.holds(in[0].getAtIndex(F32, at.at(0)), in[1].getAtIndex(F32, at.at(1)))
                    : relation.holds(integer(in[0], type, at.at(0)), integer(in[1], type, at.at(1)));
            set(out, DataType.U8, i, holds ? 1 : 0);
        });
    }

    /// Of the elements of a and b, of one type, that of a where the condition is true, else that of b.
    public static Pointwise where(Value condition, Value a, Value b) {
        if (condition.type() != DataType.U8) {
            throw new IllegalArgumentException("where takes a condition of type U8, not " + condition.type());
        }
        DataType type = requireOneType("where", List.of(a, b));
        return new Pointwise("where", new Meaning.Chosen(), type, List.of(condition, a, b), (in, at, out, i) -> {
            int chosen = in[0].get(ValueLayout.JAVA_BYTE, at.at(0)) != 0 ? 1 : 2;
            if (type == DataType.F32) {
                out.setAtIndex(F32, i, in[chosen].getAtIndex(F32, at.at(chosen)));
            } else {
                set(out, type, i, integer(in[chosen], type, at.at(chosen)));
            }
        });
    }

    /// The elements as another type: floats are cut to integers, and true is what is not 0.
    public static Pointwise cast(Value x, DataType type) {
        DataType from = x.type();
        if (from == DataType.F32) {
            return new Pointwise("cast to " + type, new Meaning.Converted(), type, List.of(x), (in, at, out, i) -> {
                float value = in[0].getAtIndex(F32, at.at(0));
                switch (type) {
                    case F32 -> out.setAtIndex(F32, i, value);
                    case U8 -> set(out, type, i, value != 0 ? 1 : 0);
                    default -> set(out, type, i, (long) value);
                }
            });
        }
        return new Pointwise("cast to " + type, new Meaning.Converted(), type, List.of(x), (in, at, out, i) -> {
            long value = integer(in[0], from, at.at(0));
            switch (type) {
                case F32 -> out.setAtIndex(F32, i, value);
                case U8 -> set(out, type, i, value != 0 ? 1 : 0);
                default -> set(out, type, i, value);
            }
        });
    }

    /// The elements, repeated along the dimensions where the shape they are brought to is larger.
    ///
    /// @throws IllegalArgumentException if x does not broadcast to the shape
    public static Pointwise expand(Value x, Shape shape) {
        if (!Shapes.broadcast(x.shape(), shape, "expand").equals(shape)) {
            throw new IllegalArgumentException(x.shape() + " cannot be repeated to " + shape);
        }
        DataType type = x.type();
        return new Pointwise("expand", new Meaning.Repeated(), type, shape, List.of(x), (in, at, out, i) -> {
            if (type == DataType.F32) {
                out.setAtIndex(F32, i, in[0].getAtIndex(F32, at.at(0)));
            } else {
                set(out, type, i, integer(in[0], type, at.at(0)));
            }
        });
    }

    private static DataType requireOneType(String name, List<Value> operands) {
        DataType type = operands.getFirst().type();
        if (operands.stream().anyMatch(operand -> operand.type() != type)) {
            throw new IllegalArgumentException(name + " takes values of one type, not "
                    + operands.stream().map(Value::type).toList());
        }
        return type;
    }

    private static long integer(MemorySegment segment, DataType type, long index) {
        return type == DataType.I64 ? segment.getAtIndex(I64, index) : segment.get(ValueLayout.JAVA_BYTE, index);
    }

    private static void set(MemorySegment segment, DataType type, long index, long value) {
        if (type == DataType.I64) {
            segment.setAtIndex(I64, index, value);
        } else {
            segment.set(ValueLayout.JAVA_BYTE, index, (byte) value);
        }
    }

    @Override
    public void forward(Emitter emitter) {
        Shape shape = output().shape();
        long count = shape.elements();
        if (count == 0) {
            return;
        }
        String problem = name + inputs();
        emitter.kernel(problem, "Java", inputs(), List.of(output()), memory -> {
            MemorySegment[] operands = inputs().stream().map(memory::segment).toArray(MemorySegment[]::new);
            MemorySegment result = memory.segment(output());
            Odometer at = new Odometer(
                    shape,
                    inputs().stream()
                            .map(operand -> Odometer.broadcast(operand, shape))
                            .toArray(long[][]::new));
            return () -> {
                at.reset();
                for (long i = 0; i < count; i++) {
                    element.compute(operands, at, result, i);
                    at.advance();
                }
            };
        });
    }

    @Override
    public String toString() {
        return name;
    }
}
