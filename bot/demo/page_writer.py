def write_page(flow, prompt): return ""
