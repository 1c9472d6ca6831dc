package dev.rondo.cli;

import dev.rondo.bindings.NativeLoadException;
import dev.rondo.bindings.UnsupportedConfigurationException;
import dev.rondo.format.MalformedFileException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import picocli.CommandLine;

/// How a command that did not succeed ends.
///
/// @param exitCode the process's exit code
/// @param line     what to tell the user, in one line
record Failure(int exitCode, String line) {
    private static final int BAD_INPUT = 2;
    static final int OTHER = 1;

    static Failure of(Throwable e) {
        return switch (e) {
            case CommandLine.UnmatchedArgumentException unmatched -> badInput(describe(unmatched));
            case CommandLine.ParameterException usage -> badInput(usage.getMessage());
            case InputException input -> badInput(input.getMessage());
            case MalformedFileException malformed -> badInput(malformed.getMessage());
            case FileSystemException file -> badInput(file.getFile() + ": " + reason(file));
            case UnsupportedConfigurationException unsupported -> badInput(unsupported.getMessage());
            case NativeLoadException native_ -> new Failure(OTHER, oneLine(native_.getMessage()));
            case OutOfMemoryError memory -> new Failure(OTHER, oneLine("not enough memory: " + memory.getMessage()));
            case ExceptionInInitializerError failed when failed.getCause() != null -> of(failed.getCause());
            default -> new Failure(OTHER, oneLine(describe(e)));
        };
    }

    private static Failure badInput(String message) {
        return new Failure(BAD_INPUT, oneLine(message));
    }

    private static String describe(CommandLine.UnmatchedArgumentException e) {
        boolean isCommand = e.getCommandLine().getParent() == null && !e.isUnknownOption();
        return isCommand
                ? "there is no command '" + e.getUnmatched().getFirst() + "'; 'rondo --help' lists the commands"
                : e.getMessage();
    }

    private static String reason(FileSystemException e) {
        return switch (e) {
            case NoSuchFileException _ -> "no such file";
            case AccessDeniedException _ -> "permission denied";
            case NotDirectoryException _ -> "is not a folder";
            case FileAlreadyExistsException _ -> "is in the way: it exists and is not a folder";
            default -> e.getReason() == null ? "cannot be read or written" : e.getReason();
        };
    }

    private static String describe(Throwable e) {
        String message = e.getMessage() == null ? "" : ": " + e.getMessage();
        return e.getClass().getSimpleName() + message + " (--debug shows more)";
    }

    private static String oneLine(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ").replaceAll("[\\p{Cntrl}\\u2028\\u2029]", "?");
    }
}
