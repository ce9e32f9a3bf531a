"""What a request is, costs and saves: values in, values out."""
