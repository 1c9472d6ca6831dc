package dev.rondo.onnx.graph;

import java.util.Map;

/// A whole file. Source: `ModelProto` of onnx.proto.
///
/// @param graph     what the model computes
/// @param opsets    versions of operator sets by domain; "" is ONNX itself
/// @param producer  name and version of the program that wrote the file
/// @param metadata  free texts
public record Document(Graph graph, Map<String, Long> opsets, String producer, Map<String, String> metadata) {}
