package dev.rondo.bindings;

import static java.lang.System.Logger.Level.INFO;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;

/// Where the libraries' files are: in the folder a property names, or in jars, from which they are extracted.
sealed interface LibraryFinder {
    /// The libraries that exist, in the platform's order of loading; Rondo's kernels may be missing.
    ///
    /// @throws NativeLoadException if oneDNN cannot be found, or a library cannot be extracted
    List<NativeLibraries.Library> find();

    static LibraryFinder of(Platform platform, @Nullable String folder) {
        return folder == null ? new InJars(platform) : new InFolder(platform, Path.of(folder));
    }

    /// The folder that [NativeLibraries#PATH_PROPERTY] names. OpenMP's runtime may be the system's, so only oneDNN
    /// has to be there.
    record InFolder(Platform platform, Path folder) implements LibraryFinder {
        @Override
        public List<NativeLibraries.Library> find() {
            List<NativeLibraries.Library> found = new ArrayList<>();
            for (String name : platform.libraries()) {
                Path file = folder.resolve(name);
                if (Files.isRegularFile(file)) {
                    found.add(new NativeLibraries.Library(file, "-D" + NativeLibraries.PATH_PROPERTY));
                } else if (name.equals(platform.dnnl())) {
                    throw new NativeLoadException(
                            "there is no " + name + " in " + folder.toAbsolutePath() + ", where -D"
                                    + NativeLibraries.PATH_PROPERTY + " points, for " + platform
                                    + "; correct the property or leave it out");
                }
            }
            return found;
        }
    }

    /// Jars and class folders that the class loader sees, or that stand on the module path.
    record InJars(Platform platform) implements LibraryFinder {
        private static final System.Logger LOG = System.getLogger("dev.rondo");

        @Override
        public List<NativeLibraries.Library> find() {
            Map<String, URL> resources = new LinkedHashMap<>();
            for (String name : platform.libraries()) {
                URL resource = resource(platform.resource(name));
                if (resource != null) {
                    resources.put(name, resource);
                }
            }
            if (!resources.containsKey(platform.dnnl())) {
                throw new NativeLoadException(
                        platform.resource(platform.dnnl()) + " is neither on the class path nor on"
                                + " the module path: add org.bytedeco:dnnl with classifier " + platform.classifier()
                                + ", or set -D" + NativeLibraries.PATH_PROPERTY + " to a folder with "
                                + String.join(", ", platform.libraries()));
            }
            Path folder = NativeLibraries.cacheFolder();
            try {
                folder = folder.resolve(platform.classifier() + "-" + Long.toHexString(checksum(resources)));
                List<NativeLibraries.Library> found = new ArrayList<>();
                for (var entry : resources.entrySet()) {
                    URL resource = entry.getValue();
                    Path file = resource.getProtocol().equals("file")
                            ? Path.of(URI.create(resource.toString()))
                            : extract(resource, folder.resolve(entry.getKey()));
                    found.add(new NativeLibraries.Library(file, resource.toString()));
                }
                return found;
            } catch (IOException e) {
                throw new NativeLoadException(
                        "cannot extract " + String.join(", ", resources.keySet()) + " to " + folder + " on " + platform
                                + ": " + e + "; set -D" + NativeLibraries.CACHE_PROPERTY
                                + " (or XDG_CACHE_HOME) to a folder that can be written",
                        e);
            }
        }

        private static @Nullable URL resource(String path) {
            URL resource = NativeLibraries.class.getClassLoader().getResource(path);
            return resource != null ? resource : onModulePath(path);
        }

        /// A jar of libraries is no module that anybody requires: on the module path nobody resolves it, and class
        /// loaders do not see it.
        private static @Nullable URL onModulePath(String path) {
            String modulePath = System.getProperty("jdk.module.path", "");
            for (String entry : modulePath.split(File.pathSeparator)) {
                for (Path jar : jars(Path.of(entry))) {
                    try (ZipFile zip = new ZipFile(jar.toFile())) {
                        if (zip.getEntry(path) != null) {
                            return URI.create("jar:" + jar.toUri() + "!/" + path)
                                    .toURL();
                        }
                    } catch (IOException e) {
                        LOG.log(INFO, "cannot read {0}: {1}", jar, e.getMessage());
                    }
                }
            }
            return null;
        }

        private static List<Path> jars(Path entry) {
            if (!Files.isDirectory(entry)) {
                return entry.toString().endsWith(".jar") ? List.of(entry) : List.of();
            }
            try (Stream<Path> files = Files.list(entry)) {
                return files.filter(file -> file.toString().endsWith(".jar"))
                        .sorted()
                        .toList();
            } catch (IOException e) {
                LOG.log(INFO, "cannot list {0}: {1}", entry, e.getMessage());
                return List.of();
            }
        }

        /// Keeps versions apart without reading the libraries. One folder holds them all, because oneDNN looks for
        /// its OpenMP runtime beside itself.
        private static long checksum(Map<String, URL> resources) throws IOException {
            long checksum = 17;
            for (URL resource : resources.values()) {
                URLConnection connection = resource.openConnection();
                checksum = checksum * 31 + connection.getContentLengthLong();
                if (connection instanceof JarURLConnection jar) {
                    checksum = checksum * 31 + jar.getJarEntry().getCrc();
                }
            }
            return checksum;
        }

        private static Path extract(URL resource, Path file) throws IOException {
            URLConnection connection = resource.openConnection();
            if (Files.isRegularFile(file) && Files.size(file) == connection.getContentLengthLong()) {
                return file;
            }
            LOG.log(INFO, "extracting {0}", file);
            Files.createDirectories(file.getParent());
            Path temporary = Files.createTempFile(file.getParent(), "." + file.getFileName(), ".part");
            try (InputStream in = connection.getInputStream()) {
                Files.copy(in, temporary, StandardCopyOption.REPLACE_EXISTING);
                // Other processes may extract at the same time: each renames its own whole copy into place.
                try {
                    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
                } catch (AtomicMoveNotSupportedException e) {
                    Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING);
                }
            } finally {
                Files.deleteIfExists(temporary);
            }
            return file;
        }
    }
}
