package dev.rondo.format;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/// What the Python dict literal in an `.npy` header says, such as
/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
record NpyDict(DataType type, Npy.Layout layout, Shape shape) {

    /// The name NumPy has for elements of a type in a byte order.
    static String descr(DataType type, ByteOrder order) {
        char first = order == ByteOrder.BIG_ENDIAN ? '>' : '<';
        return switch (type) {
            case F32 -> first + "f4";
            case F64 -> first + "f8";
            case I32 -> first + "i4";
            case I64 -> first + "i8";
            case U8 -> "|u1";
        };
    }

    /// Parses the literal, which must have exactly the three keys, in any order; white space may follow.
    ///
    /// @param name name of the file, for messages
    /// @throws MalformedFileException if it is not such a literal, or describes an array that a tensor cannot be
    static NpyDict parse(String text, String name) {
        return new Parser(text, name).parse();
    }

    /// The part of Python's grammar that headers use.
    private static final class Parser {
        private final String text;
        private final String file;
        private int position;

        Parser(String text, String file) {
            this.text = text;
            this.file = file;
        }

        NpyDict parse() {
            String descr = null;
            Boolean fortranOrder = null;
            Shape shape = null;
            require('{');
            while (!accept('}')) {
                String key = string();
                boolean again = switch (key) {
                    case "descr" -> descr != null;
                    case "fortran_order" -> fortranOrder != null;
                    case "shape" -> shape != null;
                    default -> throw malformed("has the unknown key " + MalformedFileException.quote(key));
                };
                if (again) {
                    throw malformed("has the key \"" + key + "\" twice");
                }
                require(':');
                switch (key) {
                    case "descr" -> descr = descr();
                    case "fortran_order" -> fortranOrder = bool();
                    default -> shape = shape();
                }
                if (!accept(',')) {
                    require('}');
                    break;
                }
            }
            skipSpace();
            if (position < text.length()) {
                throw unexpected("the end");
            }
            if (descr == null || fortranOrder == null || shape == null) {
                String missing = descr == null ? "descr" : fortranOrder == null ? "fortran_order" : "shape";
                throw malformed("has no key \"" + missing + "\"");
            }
            DataType type = type(descr);
            return new NpyDict(type, new Npy.Layout(byteOrder(descr), fortranOrder), shape);
        }

        private DataType type(String descr) {
            return switch (descr) {
                case "<f4", ">f4", "=f4" -> DataType.F32;
                case "<f8", ">f8", "=f8" -> DataType.F64;
                case "<i4", ">i4", "=i4" -> DataType.I32;
                case "<i8", ">i8", "=i8" -> DataType.I64;
                case "|u1", "<u1", ">u1", "=u1" -> DataType.U8;
                default ->
                    throw new MalformedFileException(
                            file,
                            "has elements of the type " + MalformedFileException.quote(descr)
                                    + ", which is none of f4, f8, i4, i8 and u1");
            };
        }

        private static ByteOrder byteOrder(String descr) {
            return descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
        }

        private String descr() {
            skipSpace();
            if (peek() == '[' || peek() == '(') {
                String rest =
                        MalformedFileException.cut(text.substring(position).strip());
                throw new MalformedFileException(
                        file, "has elements of a structured type, which is none here: " + rest);
            }
            return string();
        }

        private boolean bool() {
            skipSpace();
            boolean value = text.startsWith("True", position);
            if (!value && !text.startsWith("False", position)) {
                throw unexpected("True or False");
            }
            position += value ? 4 : 5;
            return value;
        }

        private Shape shape() {
            List<Long> sizes = new ArrayList<>();
            require('(');
            while (!accept(')')) {
                sizes.add(size());
                if (!accept(',')) {
                    if (sizes.size() == 1) {
                        throw unexpected("','"); // (3) is a number and not a tuple
                    }
                    require(')');
                    break;
                }
            }
            if (sizes.size() > Elements.MAX_RANK) {
                throw malformed("has " + sizes.size() + " dimensions, more than " + Elements.MAX_RANK);
            }
            try {
                return Shape.of(sizes.stream().mapToLong(Long::longValue).toArray());
            } catch (IllegalArgumentException e) {
                throw new MalformedFileException(file, e.getMessage(), e);
            }
        }

        private long size() {
            skipSpace();
            int start = position;
            if (peek() == '-') {
                position++;
            }
            while (peek() >= '0' && peek() <= '9') {
                position++;
            }
            String digits = text.substring(start, position);
            if (digits.isEmpty() || digits.equals("-")) {
                throw unexpected("a number");
            }
            accept('L'); // as Python 2 wrote it
            try {
                return Long.parseLong(digits);
            } catch (NumberFormatException e) {
                throw malformed("has the size " + MalformedFileException.cut(digits) + ", which is too large");
            }
        }

        private String string() {
            skipSpace();
            int quote = peek();
            if (quote != '\'' && quote != '"') {
                throw unexpected("a string");
            }
            int end = text.indexOf(quote, position + 1);
            if (end < 0) {
                throw malformed("has a string without an end");
            }
            String value = text.substring(position + 1, end);
            if (value.indexOf('\\') >= 0) {
                throw malformed("has an escape in the string " + MalformedFileException.quote(value));
            }
            position = end + 1;
            return value;
        }

        private int peek() {
            return position < text.length() ? text.charAt(position) : -1;
        }

        private boolean accept(char c) {
            skipSpace();
            if (peek() != c) {
                return false;
            }
            position++;
            return true;
        }

        private void require(char c) {
            if (!accept(c)) {
                throw unexpected("'" + c + "'");
            }
        }

        private void skipSpace() {
            while (peek() == ' ' || peek() == '\n') {
                position++;
            }
        }

        private MalformedFileException unexpected(String wanted) {
            String found = position < text.length() ? "'" + text.charAt(position) + "'" : "the end";
            return malformed("should have " + wanted + " but has " + found);
        }

        private MalformedFileException malformed(String problem) {
            return new MalformedFileException(file, "header " + problem + " at character " + (position + 1));
        }
    }
}
