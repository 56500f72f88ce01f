using System.Reflection;
using System.Text.Json;
using Npgsql;

namespace StoryPortal.DataLayer.Database;

/// <summary>A column of a <see cref="ColumnMap{TEntity}"/>.</summary>
internal abstract class MappedColumn<TEntity>(PropertyInfo property, OnConflict conflict)
{
    /// <summary>The property that the column stores.</summary>
    public PropertyInfo Property => property;

    /// <summary>The column's name.</summary>
    public string Name { get; } = JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);

    /// <summary>What happens to it when its row is replaced.</summary>
    public OnConflict Conflict => conflict;

    /// <summary>Whether it is part of the key.</summary>
    public bool IsKey { get; init; }

    /// <summary>Its value when its row is replaced; null: the new row's.</summary>
    public string? InUpsert { get; init; }

    /// <summary>Its value when its row is patched, with <c>{name}</c> for new values of columns; null: the time of the change.</summary>
    public string? InPatch { get; init; }

    /// <summary>Its type.</summary>
    public abstract PgType Type { get; }

    /// <summary>A parameter with an entity's value.</summary>
    public abstract NpgsqlParameter ToParameter(TEntity entity);

    /// <summary>A parameter with the values of many entities.</summary>
    public abstract NpgsqlParameter ToParameter(IReadOnlyList<TEntity> entities);

    /// <summary>Writes an entity's value as the next column of a COPY.</summary>
    public abstract Task WriteAsync(NpgsqlBinaryImporter copy, TEntity entity, CancellationToken cancellationToken);
}

/// <summary>A column with values of <typeparamref name="T"/>.</summary>
internal sealed class MappedColumn<TEntity, T>(PropertyInfo property, Func<TEntity, T> value, OnConflict conflict, PgType<T> type)
    : MappedColumn<TEntity>(property, conflict)
{
    public override PgType Type => type;

    public override NpgsqlParameter ToParameter(TEntity entity) => type.ToParameter(value(entity));

    public override NpgsqlParameter ToParameter(IReadOnlyList<TEntity> entities) => type.ToParameter(entities, value);

    public override Task WriteAsync(NpgsqlBinaryImporter copy, TEntity entity, CancellationToken cancellationToken) =>
        type.WriteAsync(copy, value(entity), cancellationToken);
}
